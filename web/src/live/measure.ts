/** Measurements for whoever hears nothing: read twice, a second apart, from what the browser itself counts. */
import type { LiveSpace } from './live-space.svelte.ts';
import type { Facts } from './diagnosis.ts';
import { reach } from '../api.ts';
import { me } from './view.ts';

interface Report {
  id: string;
  type: string;
  kind?: string;
  packetsReceived?: number;
  packetsLost?: number;
  packetsSent?: number;
  totalAudioEnergy?: number;
  totalSamplesDuration?: number;
  jitter?: number;
  selectedCandidatePairId?: string;
  currentRoundTripTime?: number;
  localCandidateId?: string;
  protocol?: string;
}

interface Counted {
  packetsReceived: number;
  packetsLost: number;
  /** What the server says it has sent (RTCP sender reports); null where it has said nothing yet. */
  packetsSent: number | null;
  energy: number;
  duration_s: number;
  roundTrip_ms: number | null;
  protocol: string | null;
}

/** Long enough for fifty packets, short enough for somebody who waits for the answer. */
const WINDOW_MS = 1_000;

export async function measure(live: LiveSpace): Promise<Facts> {
  const begin = await count(live.sound.peer);
  const heard = new Set(live.heard);
  const server = await askServer();
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const end = await count(live.sound.peer);
  for (const csrc of live.heard) heard.add(csrc);
  return { ...factsOfSpace(live), ...difference(begin, end), server, voicesHeard: heard.size };
}

function factsOfSpace(live: LiveSpace): Pick<
  Facts,
  'isOnline' | 'isSocketOpen' | 'others' | 'othersOpen' | 'othersAway' | 'isSoundRestarting' | 'line' | 'output'
> {
  const stage = live.view?.stage ?? [];
  const mine = live.view === null ? undefined : me(live.view);
  const others = stage.filter((one) => one.id !== mine?.id);
  return {
    isOnline: navigator.onLine,
    isSocketOpen: live.connection === 'open',
    others: others.length,
    othersOpen: others.filter((one) => !one.muted).length,
    othersAway: others.filter((one) => !one.muted && !one.connected).length,
    isSoundRestarting: live.isSoundRestarting,
    line: live.sound.lineState,
    output: outputOf(live.sound.elements),
  };
}

function outputOf(elements: readonly HTMLAudioElement[]): Facts['output'] {
  if (elements.length === 0) return 'none';
  if (elements.some((one) => one.paused)) return 'paused';
  return elements.every((one) => one.muted || one.volume === 0) ? 'turned_down' : 'playing';
}

function difference(
  begin: Counted | null,
  end: Counted | null,
): Pick<Facts, 'packets' | 'packetsSent' | 'lossShare' | 'level' | 'roundTrip_ms' | 'protocol'> {
  if (begin === null || end === null) {
    return { packets: 0, packetsSent: null, lossShare: 0, level: 0, roundTrip_ms: null, protocol: null };
  }
  const packets = end.packetsReceived - begin.packetsReceived;
  const lost = Math.max(0, end.packetsLost - begin.packetsLost);
  const seconds = end.duration_s - begin.duration_s;
  return {
    packets,
    packetsSent: begin.packetsSent === null || end.packetsSent === null ? null : end.packetsSent - begin.packetsSent,
    lossShare: packets + lost === 0 ? 0 : lost / (packets + lost),
    // The root of the mean energy is the level, as W3C webrtc-stats defines totalAudioEnergy.
    level: seconds > 0 ? Math.sqrt((end.energy - begin.energy) / seconds) : 0,
    roundTrip_ms: end.roundTrip_ms,
    protocol: end.protocol,
  };
}

async function count(peer: RTCPeerConnection | null): Promise<Counted | null> {
  if (peer === null) return null;
  const reports = (await peer.getStats()) as unknown as ReadonlyMap<string, Report>;
  const all = [...reports.values()];
  const incoming = all.filter((one) => one.type === 'inbound-rtp');
  const sent = all.filter((one) => one.type === 'remote-outbound-rtp');
  const sum = (from: readonly Report[], key: 'packetsReceived' | 'packetsLost' | 'packetsSent' | 'totalAudioEnergy'): number =>
    from.reduce((total, one) => total + (one[key] ?? 0), 0);
  const transport = all.find((one) => one.type === 'transport');
  const path = reports.get(transport?.selectedCandidatePairId ?? '');
  const roundTrip_s = path?.currentRoundTripTime;
  return {
    packetsReceived: sum(incoming, 'packetsReceived'),
    packetsLost: sum(incoming, 'packetsLost'),
    packetsSent: sent.length === 0 ? null : sum(sent, 'packetsSent'),
    energy: sum(incoming, 'totalAudioEnergy'),
    duration_s: Math.max(0, ...incoming.map((one) => one.totalSamplesDuration ?? 0)),
    roundTrip_ms: roundTrip_s === undefined ? null : Math.round(roundTrip_s * 1_000),
    protocol: reports.get(path?.localCandidateId ?? '')?.protocol ?? null,
  };
}

async function askServer(): Promise<Facts['server']> {
  try {
    const answer = await reach('/readyz', { signal: AbortSignal.timeout(4 * WINDOW_MS) });
    return answer.ok ? 'ready' : 'not_ready';
  } catch {
    return 'unreachable';
  }
}
