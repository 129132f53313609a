/**
 * How long a path is looked for, once the server has answered. A first try after a path that worked has died sometimes finds no
 * other where the next one does (Firefox over TCP, one in twenty), so it is not given all the time that a new network may need.
 */

/** Lower gives up what a phone finds that is only just on its new network; higher is silence. */
const LEAST_MS = 1_000;
/** So many times what it took before: a slow network stays a slow one. */
const TIMES = 4;

export class Patience {
  #usual_ms = Infinity;

  /** A path was found so long after the answer. */
  found(took_ms: number): void {
    this.#usual_ms = took_ms;
  }

  /** For the first try after a path died; `most_ms` where none was ever found. */
  firstAgain_ms(most_ms: number): number {
    return Math.min(most_ms, Math.max(LEAST_MS, TIMES * this.#usual_ms));
  }
}
