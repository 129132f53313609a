/**
 * The one space this window takes part in. It lives here and not in a page, so that going to another page
 * neither stops nor restarts the sound. One sound at a time: joining leaves what was joined before.
 */
import { LiveSpace } from './live-space.svelte.ts';
import { showInMediaSession } from './media-session.svelte.ts';
import { otherTabs } from './other-tabs.svelte.ts';

class CurrentSpace {
  space = $state.raw<LiveSpace | null>(null);
  #hideFromSystem: (() => void) | null = null;

  /** The space as a page looks at it: the joined one, or a fresh one that only looks. */
  of(space_id: string): LiveSpace {
    return this.space?.space_id === space_id ? this.space : new LiveSpace(space_id);
  }

  /** The title of what going into that space takes one out of, here or in another tab; null when nothing is. */
  leavingFor(space_id: string): string | null {
    const here = this.space;
    if (here?.isJoined === true && here.space_id !== space_id) return here.view?.space.title ?? '…';
    const there = otherTabs.playing;
    return there !== null && there.space_id !== space_id ? there.title : null;
  }

  /** Call it from the tap. */
  join(space: LiveSpace, isKnownToServer: boolean): void {
    if (this.space !== space) void this.space?.leave();
    this.#enter(space, isKnownToServer);
  }

  /** A guest who listens has signed in: the same ears under a name. The old sound stays until the new one is there. */
  goOnSignedIn(): void {
    const guest = this.space;
    if (guest?.isJoined !== true || guest.view?.you.signed_in !== false) return;
    const space = new LiveSpace(guest.space_id);
    this.#enter(space, true);
    const stop = $effect.root(() => {
      $effect(() => {
        if (space.isJoined && space.sound.state !== 'playing') return;
        void guest.leave();
        stop();
      });
    });
  }

  /** What is over and has been said to be over holds no place any more. */
  forget(space: LiveSpace): void {
    if (this.space !== space || space.isJoined) return;
    this.#forgetSpace();
    space.close();
  }

  async leave(): Promise<void> {
    const space = this.space;
    this.#forgetSpace();
    await space?.leave();
  }

  /** The window is closing. */
  close(): void {
    this.space?.close();
    this.#forgetSpace();
  }

  #enter(space: LiveSpace, isKnownToServer: boolean): void {
    this.#hideFromSystem?.();
    this.space = space;
    space.join(isKnownToServer);
    this.#hideFromSystem = showInMediaSession(space, () => void this.leave());
  }

  #forgetSpace(): void {
    this.#hideFromSystem?.();
    this.#hideFromSystem = null;
    this.space = null;
  }
}

export const currentSpace = new CurrentSpace();
