/** Who is in the space, as far as the server tells: the stage for anybody, the listeners for a host or co-host. */
import { ApiError, request } from '../api.ts';
import type { Participant, Participants } from '../api-types.ts';

/** A list that changes under the finger is worse than one that is a moment old. */
const LOOK_AGAIN_MS = 10_000;
/** As many as a host can look through; the count beside it tells the rest. */
const LIMIT = 50;

export class People {
  listeners = $state.raw<readonly Participant[]>([]);
  /** How many listen besides who want to be in no list; the count has them. */
  hidden_count = $state(0);
  /** By which they can be taken out; they say nothing of who it is. */
  hidden_keys = $state.raw<readonly string[]>([]);
  #lookedAt_ms = Number.NEGATIVE_INFINITY;
  #later: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly space_id: string) {}

  /** Takes out somebody whose name nobody is told; who has gone meanwhile is out already. */
  async removeHidden(key: string): Promise<void> {
    await request('POST', `/spaces/${this.space_id}/hidden/${key}/remove`).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 'participant_not_found') throw error;
    });
    await this.#fetch();
  }

  /** Called whenever the count has changed: asks at once, or when the last answer is ten seconds old. */
  look(listener_count: number): void {
    if (listener_count === 0) {
      this.close();
      this.#take({ items: [], hidden_count: 0, hidden_keys: [] });
      return;
    }
    if (this.#later !== undefined) return;
    const wait_ms = this.#lookedAt_ms + LOOK_AGAIN_MS - performance.now();
    if (wait_ms <= 0) void this.#fetch();
    else
      this.#later = setTimeout(() => {
        this.#later = undefined;
        void this.#fetch();
      }, wait_ms);
  }

  close(): void {
    clearTimeout(this.#later);
    this.#later = undefined;
  }

  async #fetch(): Promise<void> {
    this.#lookedAt_ms = performance.now();
    try {
      this.#take(await request<Participants>('GET', `/spaces/${this.space_id}/participants?limit=${LIMIT}`));
    } catch (error) {
      // Without it the count alone is shown; the socket says what is wrong.
      if (!(error instanceof ApiError)) throw error;
    }
  }

  #take({ items, hidden_count, hidden_keys }: Pick<Participants, 'items' | 'hidden_count' | 'hidden_keys'>): void {
    this.hidden_count = hidden_count ?? 0;
    this.hidden_keys = hidden_keys;
    this.listeners = items.filter((one) => one.role === 'listener');
  }
}
