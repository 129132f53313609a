/** Who is signed in on this page; null for a guest. Asked for once, at the start. */
import { ApiError, request } from './api.ts';
import type { Account, Session } from './api-types.ts';

class SignedIn {
  user = $state.raw<Account | null>(null);
  /** Before the first answer nobody knows, and a page had better not say "sign in". */
  isKnown = $state(false);
  #asked: Promise<Account | null> | null = null;

  load(): Promise<Account | null> {
    this.#asked ??= this.#ask();
    return this.#asked;
  }

  signedIn(user: Account): void {
    this.user = user;
    this.isKnown = true;
    this.#asked = Promise.resolve(user);
  }

  async signOut(): Promise<void> {
    await request('DELETE', '/sessions/current');
    // A fresh page drops everything that was fetched as this person.
    location.assign('/');
  }

  async #ask(): Promise<Account | null> {
    try {
      this.user = (await request<Session>('GET', '/sessions/current')).account;
      this.isKnown = true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Whatever went wrong is worth asking again.
      this.#asked = null;
    }
    return this.user;
  }
}

export const account = new SignedIn();
