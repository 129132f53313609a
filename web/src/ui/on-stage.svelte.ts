/**
 * Who of the faces on this page stands on a live stage now. Faces say whom they show; whoever knows a server asks it for
 * all of them at once.
 */
import { SvelteSet } from 'svelte/reactivity';

const GATHER_MS = 200;
const AGAIN_MS = 30_000;
const MOST = 100;

class OnStage {
  /** Set by the frame; without it nobody is marked. */
  ask: ((handles: string[]) => Promise<string[]>) | null = null;
  readonly #live = new SvelteSet<string>();
  readonly #shown = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  has(handle: string | null): boolean {
    return handle !== null && this.#live.has(handle);
  }

  /** From now on this face is on the page; the answer takes it off. */
  show(handle: string): () => void {
    this.#shown.set(handle, (this.#shown.get(handle) ?? 0) + 1);
    if (this.#shown.get(handle) === 1) this.#lookIn(GATHER_MS);
    return () => {
      const left = (this.#shown.get(handle) ?? 1) - 1;
      if (left > 0) this.#shown.set(handle, left);
      else this.#shown.delete(handle);
    };
  }

  #lookIn(wait_ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), wait_ms);
  }

  async #look(): Promise<void> {
    const handles = [...this.#shown.keys()].slice(-MOST);
    if (handles.length > 0 && this.ask !== null && !document.hidden) {
      const found = new Set(await this.ask(handles).catch(() => []));
      for (const handle of handles) {
        if (found.has(handle)) this.#live.add(handle);
        else this.#live.delete(handle);
      }
    }
    this.#lookIn(AGAIN_MS);
  }
}

export const onStage = new OnStage();
