/**
 * Notices a dead path sooner than the browser does: Chromium takes eight seconds and more to say "disconnected", Firefox
 * four to ten. The media node sends each listener the mix, in silence too, and each speaker its reports, once a second at
 * least; and where it is not heard, the browser's checks may still be answered on another path.
 */

/** Three of the node's packets, which are not all lost by chance. Lower gives up poor networks, higher is longer silence. */
const DEAD_AFTER_MS = 3_000;

/** Pure: fed with what the peer's statistics say, it answers whether the other side still lives. */
export class Lifeline {
  #received = -1;
  #heardAt_ms = 0;

  /** `received` is whatever `readReceived` counted. */
  isDead(now_ms: number, received: number): boolean {
    if (received !== this.#received) {
      this.#received = received;
      this.#heardAt_ms = now_ms;
    }
    return now_ms - this.#heardAt_ms >= DEAD_AFTER_MS;
  }
}

/** Fifteen packets' time: what is not silent has sent one by then. */
const PROBE_MS = 300;
/** The media node sends a listener something once a second, in silence too, and a moment more on a busy machine. */
export const SILENCE_MS = 1_300;

/** Whether anything arrives within that time. False after the shorter one is no proof: in silence little is sent. */
export async function hasTraffic(peer: RTCPeerConnection, within_ms = PROBE_MS): Promise<boolean> {
  const before = await readReceived(peer);
  for (let passed_ms = 0; passed_ms < within_ms; passed_ms += PROBE_MS) {
    await new Promise((resolve) => setTimeout(resolve, PROBE_MS));
    if ((await readReceived(peer)) !== before) return true;
  }
  return false;
}

interface PathReport {
  type: string;
  responsesReceived?: number;
  bytesReceived?: number;
}

/**
 * A sum that changes with whatever comes, a packet or an answer to a check, on whichever path: where another one than that in
 * use is answered, browser and server go on there by themselves, sooner than by a new session.
 */
export async function readReceived(peer: RTCPeerConnection): Promise<number> {
  const report = (await peer.getStats()) as unknown as ReadonlyMap<string, PathReport>;
  return [...report.values()]
    .filter((one) => one.type === 'candidate-pair')
    .reduce((sum, { bytesReceived = 0, responsesReceived = 0 }) => sum + bytesReceived + responsesReceived, 0);
}
