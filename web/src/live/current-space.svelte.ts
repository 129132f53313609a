/**
 * The one space this window takes part in. It lives here and not in a page, so that going to another page
 * neither stops nor restarts the sound. One sound at a time: joining leaves what was joined before.
 */
import { LiveSpace } from './live-space.svelte.ts';

class CurrentSpace {
  space = $state.raw<LiveSpace | null>(null);

  /** The space as a page looks at it: the joined one, or a fresh one that only looks. */
  of(space_id: string): LiveSpace {
    return this.space?.space_id === space_id ? this.space : new LiveSpace(space_id);
  }

  /** Call it from the tap. */
  join(space: LiveSpace, isKnownToServer: boolean): void {
    if (this.space !== space) void this.space?.leave();
    this.space = space;
    space.join(isKnownToServer);
  }

  /** A guest who listens has signed in: the same ears under a name. The old sound stays until the new one is there. */
  goOnSignedIn(): void {
    const guest = this.space;
    if (guest?.isJoined !== true || guest.view?.you.signed_in !== false) return;
    const space = new LiveSpace(guest.space_id);
    this.space = space;
    space.join(true);
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
    this.space = null;
    space.close();
  }

  async leave(): Promise<void> {
    const space = this.space;
    this.space = null;
    await space?.leave();
  }

  /** The window is closing. */
  close(): void {
    this.space?.close();
    this.space = null;
  }
}

export const currentSpace = new CurrentSpace();
