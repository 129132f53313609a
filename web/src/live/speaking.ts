/**
 * Who is heard right now, read off the packets themselves: each names its voices (CSRC, RFC 3550 §5.1), so the
 * ring is in step with the sound and costs no message.
 */

export interface HeardSource {
  source: number;
  timestamp: number;
}

/** Longer keeps the ring steady through the pauses between words, shorter makes it nervous. */
const HOLD_MS = 350;
/** About -46 dBFS: above the breath of a quiet place, below a quiet voice. */
const OWN_VOICE_LEVEL = 0.005;

/**
 * Pure. Browsers disagree about the clock of `timestamp` and keep sources for ten seconds, so a source counts
 * as heard while its timestamp moves.
 */
export class HeardVoices {
  #lastSeen = new Map<number, { timestamp: number; heard_at: number }>();

  update(sources: readonly HeardSource[], now_ms: number): number[] {
    for (const { source, timestamp } of sources) {
      if (this.#lastSeen.get(source)?.timestamp !== timestamp) {
        this.#lastSeen.set(source, { timestamp, heard_at: now_ms });
      }
    }
    const heard: number[] = [];
    for (const [source, { heard_at }] of this.#lastSeen) {
      if (now_ms - heard_at < HOLD_MS) heard.push(source);
    }
    return heard.sort((one, other) => one - other);
  }
}

export interface SpeakingSources {
  receivers(): readonly RTCRtpReceiver[];
  /** One's own voice comes back on no line; its level stands in for it. */
  own(): { csrc: number; level: number } | null;
}

/**
 * Calls `onchange` when the set of heard voices changes; looks in every frame that is drawn, and so never while nobody
 * can see the page. Returns what stops it.
 */
export function watchSpeaking(sources: SpeakingSources, onchange: (csrcs: readonly number[]) => void): () => void {
  const voices = new HeardVoices();
  let shown = '';
  const look = (): void => {
    frame = requestAnimationFrame(look);
    const heard: HeardSource[] = sources.receivers().flatMap((one) => one.getContributingSources());
    const now_ms = performance.now();
    const own = sources.own();
    if (own !== null && own.level > OWN_VOICE_LEVEL) heard.push({ source: own.csrc, timestamp: now_ms });
    const csrcs = voices.update(heard, now_ms);
    const key = csrcs.join();
    if (key !== shown) {
      shown = key;
      onchange(csrcs);
    }
  };
  let frame = requestAnimationFrame(look);
  return () => cancelAnimationFrame(frame);
}
