/** Finds out how this browser's way to the server is: a real connection of each kind to the media node, up to the encrypted handshake. */
import { reach } from '../../api.ts';
import { isLocalName, type Facts, type Way } from './legs.ts';

/** A connection takes a second over the world; a blocked one is given up after this. */
const PATIENCE_MS = 8_000;
const BUSY = 4429;

type Kind = 'udp' | 'tcp';
type Told =
  | { type: 'seen'; address: string }
  | { type: 'answer'; kind: Kind; sdp: string }
  | { type: 'refused'; kind: Kind };
type Tell = (found: Partial<Facts>) => void;

export function nothingKnown(): Facts {
  return {
    hasWebRtc: 'RTCPeerConnection' in window && 'AudioContext' in window,
    isSecure: window.isSecureContext,
    server: null,
    socket: null,
    address: null,
    isLocal: isLocalName(location.hostname),
    udp: null,
    tcp: null,
    places: [],
    microphone: null,
  };
}

/** Tells each fact as soon as it is known; resolves when all are. */
export async function look(tell: Tell): Promise<void> {
  await Promise.all([lookForMicrophone(tell), lookForServer(tell)]);
}

async function lookForServer(tell: Tell): Promise<void> {
  const server = await askServer();
  tell({ server });
  if (server !== 'unreachable') await visit(tell);
}

async function askServer(): Promise<Facts['server']> {
  try {
    const answer = await reach('/readyz', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok ? 'ready' : 'not_ready';
  } catch {
    return 'unreachable';
  }
}

async function lookForMicrophone(tell: Tell): Promise<void> {
  // Absent on pages without https; the leg says so.
  if (navigator.mediaDevices === undefined) return;
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  const isThere = devices.some((one) => one.kind === 'audioinput');
  const permission = await navigator.permissions?.query({ name: 'microphone' as PermissionName }).catch(() => null);
  tell({ microphone: permission?.state === 'denied' ? 'denied' : isThere ? 'there' : 'none' });
}

/** The socket carries the offers, and closes what was opened when it closes. */
async function visit(tell: Tell): Promise<void> {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  const socket = new WebSocket(`${scheme}://${location.host}/api/v1/doctor`);
  const tries: Record<Kind, Try> = { udp: new Try('udp', tell), tcp: new Try('tcp', tell) };
  const timer = setTimeout(() => socket.close(), 2 * PATIENCE_MS);
  await new Promise<void>((resolve) => {
    socket.onmessage = (event: MessageEvent<string>) => {
      const told = JSON.parse(event.data) as Told;
      if (told.type === 'seen') {
        tell({ socket: 'open', address: told.address });
        const both = Object.values(tries).map((one) => one.run((offer) => socket.send(JSON.stringify(offer))));
        void Promise.all(both).then(() => socket.close());
      } else if (told.type === 'answer') tries[told.kind].answered(told.sdp);
      else tries[told.kind].end('refused');
    };
    socket.onclose = (event) => {
      // Once open, what is not connected by now is as good as blocked; before, nothing was tried.
      if (!tries.udp.isBegun) tell({ socket: event.code === BUSY ? 'busy' : 'closed' });
      for (const one of Object.values(tries)) one.end('blocked');
      resolve();
    };
  });
  clearTimeout(timer);
}

/** One connection by one kind of way. */
class Try {
  isBegun = false;
  #peer: RTCPeerConnection | null = null;
  #finish: (way: Way) => void = () => undefined;

  constructor(
    readonly kind: Kind,
    readonly tell: Tell,
  ) {}

  async run(send: (offer: object) => void): Promise<void> {
    this.isBegun = true;
    if (!('RTCPeerConnection' in window)) return;
    const peer = (this.#peer = new RTCPeerConnection({ bundlePolicy: 'max-bundle' }));
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.onconnectionstatechange = () => {
      if (peer.connectionState === 'connected') this.end('connected');
      if (peer.connectionState === 'failed') this.end('blocked');
    };
    const timer = setTimeout(() => this.end('blocked'), PATIENCE_MS);
    const ended = new Promise<Way>((resolve) => (this.#finish = resolve));
    await peer.setLocalDescription();
    send({ type: 'offer', kind: this.kind, sdp: peer.localDescription?.sdp });
    const way = await ended;
    clearTimeout(timer);
    peer.close();
    this.tell({ [this.kind]: way });
  }

  answered(sdp: string): void {
    const places = [...sdp.matchAll(/^a=candidate:\S+ 1 \S+ \d+ (\S+) (\d+) /gm)].map(([, address = '', port]) =>
      address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`,
    );
    if (places.length > 0) this.tell({ places });
    void this.#peer?.setRemoteDescription({ type: 'answer', sdp });
  }

  end(way: Way): void {
    this.#finish(way);
  }
}
