/** How much is unread: one number that the server tells while the page is looked at. */
import { request } from '../api.ts';
import type { Notifications } from '../api-types.ts';
import { BackOff } from '../live/back-off.ts';

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

class Unread {
  count = $state(0);
  #socket: WebSocket | null = null;
  #isWanted = false;
  #backOff = new BackOff(FIRST_MS, LONGEST_MS);
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** From the moment somebody is signed in; the answer ends it. */
  follow(): () => void {
    this.#isWanted = true;
    document.addEventListener('visibilitychange', this.#onVisibility);
    this.#onVisibility();
    return () => {
      this.#isWanted = false;
      document.removeEventListener('visibilitychange', this.#onVisibility);
      this.#close();
      this.count = 0;
    };
  }

  #onVisibility = (): void => {
    if (document.hidden) this.#close();
    else if (this.#isWanted && this.#socket === null) this.#open();
  };

  #open(): void {
    clearTimeout(this.#timer);
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/me/notifications/live`);
    this.#socket = socket;
    socket.onmessage = (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as { type: string; count?: number };
      if (message.type === 'unread') this.count = message.count ?? 0;
      this.#backOff.reset();
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (!this.#isWanted || document.hidden) return;
      void this.#ask();
      this.#timer = setTimeout(this.#onVisibility, this.#backOff.next_ms());
    };
  }

  /** Where no socket gets through, a question now and then does. */
  async #ask(): Promise<void> {
    const answer = await request<Notifications>('GET', '/me/notifications?limit=1').catch(() => null);
    if (answer !== null) this.count = answer.unread_count;
  }

  #close(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}

export const unread = new Unread();
