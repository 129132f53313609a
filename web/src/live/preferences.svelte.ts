/** What this browser remembers of its owner's wishes. The server is told of one of them: to listen in no list. */

export interface Wishes {
  /** The three tones, each of which can be switched off. */
  toneLive: boolean;
  toneCalled: boolean;
  toneTalkingMuted: boolean;
  /** Single letters as shortcuts (WCAG 2.1.4 asks that they can be switched off). */
  letterShortcuts: boolean;
  /** The microphone chosen last; empty leaves the choice to the system. */
  microphone_id: string;
  /** Whoever has seen the level of that microphone once need not be shown it before every word. */
  hasCheckedMicrophone: boolean;
  /** As a listener in no list, not even the host's. */
  hidden: boolean;
  /** How wide the panel beside the stage was made. */
  panel_px: number;
}

const STORED_AS = 'voxhall.sound';

const INITIAL: Wishes = {
  toneLive: true,
  toneCalled: true,
  toneTalkingMuted: true,
  letterShortcuts: true,
  microphone_id: '',
  hasCheckedMicrophone: false,
  hidden: false,
  panel_px: 352,
};

/** Pure: whatever was stored, only what is understood of it counts. */
export function readWishes(stored: string | null): Wishes {
  const wishes = { ...INITIAL };
  try {
    const found = JSON.parse(stored ?? '{}') as Record<string, unknown>;
    for (const key of Object.keys(INITIAL) as (keyof Wishes)[]) {
      if (typeof found[key] === typeof INITIAL[key]) Object.assign(wishes, { [key]: found[key] });
    }
  } catch {
    // Something else was stored under our name.
  }
  return wishes;
}

class Preferences {
  #wishes = $state.raw<Wishes>(readWishes(stored()));

  get wishes(): Wishes {
    return this.#wishes;
  }

  change(wishes: Partial<Wishes>): void {
    this.#wishes = { ...this.#wishes, ...wishes };
    try {
      localStorage.setItem(STORED_AS, JSON.stringify(this.#wishes));
    } catch {
      // A browser that stores nothing remembers until the page goes.
    }
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(STORED_AS);
  } catch {
    return null;
  }
}

export const preferences = new Preferences();
