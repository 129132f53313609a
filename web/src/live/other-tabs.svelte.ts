/**
 * One sound at a time, also across the tabs of one browser: whoever starts the sound takes it, and the tab that had it
 * falls silent and says so. A BroadcastChannel reaches the tabs of this browser and origin, hence of one account.
 */

export interface Elsewhere {
  tab: string;
  space_id: string;
  title: string;
  isOnStage: boolean;
}

type Message = { type: 'who' } | ({ type: 'here' } & Elsewhere) | ({ type: 'take' } & Elsewhere) | { type: 'gone'; tab: string };

class OtherTabs {
  /** Which other tab plays; null while none is known to. */
  playing = $state.raw<Elsewhere | null>(null);
  /** Called when another tab has taken the sound. */
  ontaken: ((by: Elsewhere) => void) | null = null;

  #tab = crypto.getRandomValues(new Uint32Array(2)).join('-');
  #mine: Elsewhere | null = null;
  #post: (message: Message) => void;

  constructor() {
    if (typeof BroadcastChannel === 'undefined') {
      this.#post = () => undefined;
      return;
    }
    const channel = new BroadcastChannel('voxhall-sound');
    channel.onmessage = (event: MessageEvent<Message>) => this.#receive(event.data);
    this.#post = (message) => channel.postMessage(message);
    this.#post({ type: 'who' });
  }

  /** This tab plays from now on. */
  take(space_id: string, title: string, isOnStage: boolean): void {
    this.#mine = { tab: this.#tab, space_id, title, isOnStage };
    this.playing = null;
    this.#post({ type: 'take', ...this.#mine });
  }

  /** What this tab plays has got a title, or its owner has stepped onto the stage. */
  describe(title: string, isOnStage: boolean): void {
    if (this.#mine === null || (this.#mine.title === title && this.#mine.isOnStage === isOnStage)) return;
    this.#mine = { ...this.#mine, title, isOnStage };
    this.#post({ type: 'here', ...this.#mine });
  }

  release(): void {
    if (this.#mine === null) return;
    this.#mine = null;
    this.#post({ type: 'gone', tab: this.#tab });
  }

  #receive(message: Message): void {
    if (message.type === 'who') {
      if (this.#mine !== null) this.#post({ type: 'here', ...this.#mine });
    } else if (message.type === 'gone') {
      if (this.playing?.tab === message.tab) this.playing = null;
    } else {
      const { type, ...other } = message;
      this.playing = other;
      if (type === 'take' && this.#mine !== null) {
        this.#mine = null;
        this.ontaken?.(other);
      }
    }
  }
}

export const otherTabs = new OtherTabs();
