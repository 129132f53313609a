/** Full-jitter back-off: a thousand pages that lost the same server do not come back in the same instant. */
export class BackOff {
  #attempt = 0;

  /** A higher `first_ms` spares a struggling server, a lower one shortens every short gap. */
  constructor(
    readonly first_ms: number,
    readonly longest_ms: number,
    readonly random: () => number = Math.random,
  ) {}

  next_ms(): number {
    const ceiling = Math.min(this.longest_ms, this.first_ms * 2 ** this.#attempt);
    this.#attempt += 1;
    return this.random() * ceiling;
  }

  reset(): void {
    this.#attempt = 0;
  }
}
