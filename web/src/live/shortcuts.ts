/** The keyboard of a space. Pure: facts about a key in, what it asks for out. */

export type Shortcut = 'toggle_mute' | 'request' | 'leave' | 'help';

export interface KeyFacts {
  key: string;
  hasModifier: boolean;
  isRepeat: boolean;
  /** A text field has the focus: every key belongs to it. */
  isTyping: boolean;
  lettersAreOn: boolean;
}

const LETTERS: Record<string, Shortcut> = { m: 'toggle_mute', r: 'request', l: 'leave' };

export function shortcutOf({ key, hasModifier, isRepeat, isTyping, lettersAreOn }: KeyFacts): Shortcut | null {
  if (isTyping || hasModifier || isRepeat) return null;
  if (key === '?') return 'help';
  return lettersAreOn ? (LETTERS[key.toLowerCase()] ?? null) : null;
}

export function isTextField(element: Element | null): boolean {
  if (element instanceof HTMLInputElement) return !['button', 'checkbox', 'radio', 'range'].includes(element.type);
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement) return true;
  return element instanceof HTMLElement && element.isContentEditable;
}

/** Shorter is a tap, which turns the microphone on or off; longer is held, and off again when let go. */
const TAP_MS = 300;

export type Talk = 'open' | 'close' | null;

/** The space bar: held it is push to talk, tapped it mutes or opens. Pure, given the time. */
export class PushToTalk {
  #pressed: { at_ms: number; opened: boolean } | null = null;

  press(isMicrophoneOn: boolean, now_ms: number): Talk {
    if (this.#pressed !== null) return null;
    this.#pressed = { at_ms: now_ms, opened: !isMicrophoneOn };
    return isMicrophoneOn ? null : 'open';
  }

  release(now_ms: number): Talk {
    const pressed = this.#pressed;
    this.#pressed = null;
    if (pressed === null) return null;
    const wasTapped = now_ms - pressed.at_ms < TAP_MS;
    // Tapped while on: off. Tapped while off: stays on. Held from off: off again. Held from on: nothing has changed.
    return wasTapped !== pressed.opened ? 'close' : null;
  }

  /** The window lost the keyboard: the key will be let go where nobody sees it. */
  interrupt(): Talk {
    const pressed = this.#pressed;
    this.#pressed = null;
    return pressed?.opened === true ? 'close' : null;
  }
}
