/**
 * A media session that stays up: opened again with jitter when the network or the media node goes away.
 * Listening and speaking are both such lines; they differ in the peer they build.
 *
 *   connecting → up ⇄ down (trying again)     ended: the server closed it on purpose
 *                                             refused: the server said no, and asking again will not help
 */
import { ApiError } from '../api.ts';
import { BackOff } from './back-off.ts';
import { Session } from './session.ts';

export type LineState = 'connecting' | 'up' | 'down' | 'ended' | 'refused' | 'closed';

export interface LineEvents {
  onstate(state: LineState): void;
  onrefused(error: ApiError): void;
  /** Each time a new peer has been built: its receivers carry the sound from now on. */
  onpeer(peer: RTCPeerConnection): void;
}

/** "disconnected" often mends itself within a second or two; a new session costs about as much as waiting. */
const DISCONNECTED_MS = 1_500;
/** From the offer to a connected peer; far above any working network, so only a dead path is given up. */
const CONNECT_MS = 8_000;

export class Line {
  #session: Session | null = null;
  #state: LineState = 'connecting';
  #backOff = new BackOff(400, 7_000);
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly address: string,
    readonly buildPeer: () => RTCPeerConnection,
    readonly events: LineEvents,
  ) {}

  /** Call it straight from the tap: the offer goes out before anything else on the page. */
  open(): void {
    addEventListener('online', this.#retryNow);
    this.#start();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    clearTimeout(this.#timer);
    removeEventListener('online', this.#retryNow);
    this.#session?.close();
    this.#session = null;
  }

  /** Closed, and the seat kept: for a page that may be back in a second. */
  abandon(): void {
    this.#session?.abandon();
    this.close();
  }

  #start(): void {
    const peer = this.buildPeer();
    const session = new Session(peer, this.address);
    this.#session = session;
    peer.onconnectionstatechange = () => {
      if (session === this.#session) this.#watch(peer.connectionState);
    };
    this.events.onpeer(peer);
    this.#timer = setTimeout(() => this.#again(), CONNECT_MS);
    session.open().catch((error: unknown) => {
      if (session === this.#session) this.#failed(error);
    });
  }

  #watch(state: RTCPeerConnectionState): void {
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#backOff.reset();
      this.#moveTo('up');
    } else if (state === 'disconnected') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#again(), DISCONNECTED_MS);
    } else if (state === 'failed' || state === 'closed') {
      // The other side said goodbye (DTLS close_notify): on purpose, so not tried again.
      if (hasSaidGoodbye(this.#session?.peer)) this.#end();
      else this.#again();
    }
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#session?.close();
    this.#session = null;
    this.#moveTo('ended');
  }

  #failed(error: unknown): void {
    // Not reached, overloaded, restarting: worth trying again. Everything else is an answer.
    if (error instanceof ApiError && error.status !== 0 && error.status < 500 && error.status !== 429) {
      this.#moveTo('refused');
      clearTimeout(this.#timer);
      this.#session?.close();
      this.#session = null;
      this.events.onrefused(error);
    } else {
      this.#again(error instanceof ApiError ? error.retryAfter_ms : 0);
    }
  }

  /** `atLeast_ms` is the server's own wish (Retry-After). */
  #again(atLeast_ms = 0): void {
    clearTimeout(this.#timer);
    this.#session?.close();
    this.#session = null;
    this.#moveTo('down');
    this.#timer = setTimeout(() => this.#start(), atLeast_ms + this.#backOff.next_ms());
  }

  #retryNow = (): void => {
    if (this.#state !== 'down' || this.#session !== null) return;
    clearTimeout(this.#timer);
    this.#start();
  };

  #moveTo(state: LineState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.events.onstate(state);
  }
}

function hasSaidGoodbye(peer: RTCPeerConnection | undefined): boolean {
  return peer?.getTransceivers()[0]?.receiver.transport?.state === 'closed';
}
