/**
 * "Can I hear and speak here?": what a browser found out about its way to this server, leg by leg, and what that means.
 * Pure: facts in, legs and a verdict out. `look.ts` finds the facts.
 */

export type Way = 'connected' | 'blocked' | 'refused';

/** Null is what is not known yet. */
export interface Facts {
  hasWebRtc: boolean;
  isSecure: boolean;
  server: 'ready' | 'not_ready' | 'unreachable' | null;
  socket: 'open' | 'closed' | 'busy' | null;
  /** As the server sees this browser. */
  address: string | null;
  /** The page itself came from this machine or a network at home, by its name in the address bar. */
  isLocal: boolean;
  udp: Way | null;
  tcp: Way | null;
  /** Addresses with ports at which the server says that its sound is. */
  places: readonly string[];
  microphone: 'there' | 'none' | 'denied' | null;
}

export const LEGS = ['browser', 'server', 'socket', 'address', 'udp', 'tcp', 'microphone'] as const;
export type LegName = (typeof LEGS)[number];
export type LegState = 'good' | 'warning' | 'bad' | 'pending' | 'unknown';

export interface Leg {
  name: LegName;
  state: LegState;
  /** The sentence: `doctor.visitor.CASE`; where something is wrong, `doctor.visitor_mend.CASE` is the mend. */
  case: string;
}

export type Verdict = 'pending' | 'all' | 'hear_only' | 'nothing';

type Judged = [LegState, string];

const UNKNOWN: Judged = ['unknown', 'unknown'];
const PENDING: Judged = ['pending', 'pending'];

export function legsOf(facts: Facts): Leg[] {
  const judged: Record<LegName, Judged> = {
    browser: facts.hasWebRtc ? ['good', 'browser_ok'] : ['bad', 'browser_old'],
    server: judgeServer(facts),
    socket: judgeSocket(facts),
    address: judgeAddress(facts),
    udp: judgeWay(facts, 'udp'),
    tcp: judgeWay(facts, 'tcp'),
    microphone: judgeMicrophone(facts),
  };
  return LEGS.map((name) => ({ name, state: judged[name][0], case: judged[name][1] }));
}

export function verdictOf(legs: readonly Leg[]): Verdict {
  const states = Object.fromEntries(legs.map((leg) => [leg.name, leg.state])) as Record<LegName, LegState>;
  if (legs.some((leg) => leg.state === 'pending')) return 'pending';
  const hasSound = [states.udp, states.tcp].some((state) => state === 'good');
  if (!hasSound || [states.browser, states.server, states.socket].includes('bad')) return 'nothing';
  return states.microphone === 'good' ? 'all' : 'hear_only';
}

function judgeServer({ server }: Facts): Judged {
  if (server === null) return PENDING;
  return server === 'ready' ? ['good', 'server_ok'] : ['bad', `server_${server}`];
}

function judgeSocket({ server, socket }: Facts): Judged {
  if (server === 'unreachable') return UNKNOWN;
  if (socket === null) return PENDING;
  return socket === 'open' ? ['good', 'socket_ok'] : ['bad', `socket_${socket}`];
}

function judgeAddress({ server, socket, address, isLocal }: Facts): Judged {
  if (address === null) return server === 'unreachable' || socket === 'closed' || socket === 'busy' ? UNKNOWN : PENDING;
  return isLoopback(address) && !isLocal ? ['warning', 'address_hidden'] : ['good', 'address_seen'];
}

function judgeWay(facts: Facts, kind: 'udp' | 'tcp'): Judged {
  if (!facts.hasWebRtc || facts.server === 'unreachable' || facts.socket === 'closed' || facts.socket === 'busy') {
    return UNKNOWN;
  }
  const [own, other] = kind === 'udp' ? [facts.udp, facts.tcp] : [facts.tcp, facts.udp];
  if (own === null) return PENDING;
  if (own === 'connected') return ['good', `${kind}_ok`];
  if (own === 'refused') return ['bad', 'sound_refused'];
  if (other === 'connected') return ['warning', `${kind}_blocked_only`];
  const areInside = facts.places.length > 0 && facts.places.every((place) => isPrivate(place));
  return ['bad', areInside && !facts.isLocal ? 'sound_inside' : `${kind}_blocked`];
}

function judgeMicrophone({ isSecure, microphone }: Facts): Judged {
  if (!isSecure) return ['bad', 'microphone_insecure'];
  if (microphone === null) return PENDING;
  return microphone === 'there' ? ['good', 'microphone_ok'] : ['bad', `microphone_${microphone}`];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === 'localhost' || address.endsWith('.localhost');
}

/** RFC 1918, RFC 6598 (carriers), RFC 3927, RFC 4193 and RFC 4291: nobody outside reaches these. */
export function isPrivate(place: string): boolean {
  const address = hostOf(place).toLowerCase();
  if (isLoopback(address)) return true;
  if (address.includes(':')) return /^(f[cd]|fe[89ab])/.test(address);
  const [first = 0, second = 0] = address.split('.').map(Number);
  return (
    first === 10 ||
    (first === 172 && second >= 16 && second < 32) ||
    (first === 192 && second === 168) ||
    (first === 169 && second === 254) ||
    (first === 100 && second >= 64 && second < 128)
  );
}

/** A name in the address bar that only a network at home knows. */
export function isLocalName(host: string): boolean {
  const isAddress = /^[\d.]+$|:/.test(host);
  return isAddress ? isPrivate(host) : /(^|\.)(localhost|local|lan|internal|home\.arpa)$/.test(host);
}

/** Without brackets and port. */
function hostOf(place: string): string {
  const bracketed = /^\[(.*)\]/.exec(place);
  return bracketed?.[1] ?? place.replace(/:\d+$/, '');
}
