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

  constructor(readonly space_id: string) {}

  /** Takes out somebody whose name nobody is told; who has gone meanwhile is out already. */
  async removeHidden(key: string): Promise<void> {
    await request('POST', `/spaces/${this.space_id}/hidden/${key}/remove`).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code !== 'participant_not_found') throw error;
    });
    this.#lookedAt_ms = Number.NEGATIVE_INFINITY;
    await this.look();
  }

  /** Called whenever the count has changed; asks at most once in ten seconds. */
  async look(): Promise<void> {
    const now_ms = performance.now();
    if (now_ms - this.#lookedAt_ms < LOOK_AGAIN_MS) return;
    this.#lookedAt_ms = now_ms;
    try {
      const found = await request<Participants>('GET', `/spaces/${this.space_id}/participants?limit=${LIMIT}`);
      this.hidden_count = found.hidden_count ?? 0;
      this.hidden_keys = found.hidden_keys;
      this.listeners = found.items.filter((one) => one.role === 'listener');
    } catch (error) {
      // Without it the count alone is shown; the socket says what is wrong.
      if (!(error instanceof ApiError)) throw error;
    }
  }
}
