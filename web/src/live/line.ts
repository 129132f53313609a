/**
 * A media session that stays up: opened again with jitter when the network or the media node goes away.
 * Listening and speaking are both such lines; they differ in the peer they build.
 *
 *   connecting → up ⇄ down (trying again)     ended: the server closed it on purpose
 *                                             refused: the server said no, and asking again will not help
 */
import { ApiError } from '../api.ts';
import { BackOff } from './back-off.ts';
import { Lifeline, readPath } from './lifeline.ts';
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
/** How often a path that is up is looked at; a dead one is noticed after two to four seconds. */
const LOOK_MS = 500;

export class Line {
  #session: Session | null = null;
  #state: LineState = 'connecting';
  #backOff = new BackOff(400, 7_000);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookTimer: ReturnType<typeof setInterval> | undefined;

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
    removeEventListener('online', this.#retryNow);
    this.#drop('close');
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
      if (session === this.#session) this.#watch(peer);
    };
    this.events.onpeer(peer);
    this.#timer = setTimeout(() => this.#again(), CONNECT_MS);
    session.open().then(
      () => this.#watchGoodbye(session),
      (error: unknown) => {
        if (session === this.#session) this.#failed(error);
      },
    );
  }

  /** The other side says goodbye (DTLS close_notify): on purpose, so not tried again. */
  #watchGoodbye({ peer }: Session): void {
    const transport = peer.getTransceivers()[0]?.receiver.transport;
    transport?.addEventListener('statechange', () => {
      if (transport.state === 'closed' && peer === this.#session?.peer) this.#end();
    });
  }

  #watchLife(peer: RTCPeerConnection): void {
    const lifeline = new Lifeline();
    clearInterval(this.#lookTimer);
    this.#lookTimer = setInterval(() => {
      void readPath(peer).then((path) => {
        const isCurrent = peer === this.#session?.peer && peer.connectionState === 'connected';
        if (path !== null && isCurrent && lifeline.isDead(path)) this.#again();
      });
    }, LOOK_MS);
  }

  #watch(peer: RTCPeerConnection): void {
    const state = peer.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#backOff.reset();
      this.#watchLife(peer);
      this.#moveTo('up');
    } else if (state === 'disconnected') {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#again(), DISCONNECTED_MS);
    } else if (state === 'failed' || state === 'closed') {
      this.#again();
    }
  }

  #end(): void {
    this.#drop('abandon');
    this.#moveTo('ended');
  }

  #drop(how: 'close' | 'abandon'): void {
    clearTimeout(this.#timer);
    clearInterval(this.#lookTimer);
    this.#session?.[how]();
    this.#session = null;
  }

  #failed(error: unknown): void {
    // Not reached, overloaded, restarting: worth trying again. Everything else is an answer.
    if (error instanceof ApiError && error.status !== 0 && error.status < 500 && error.status !== 429) {
      this.#drop('close');
      this.#moveTo('refused');
      this.events.onrefused(error);
    } else {
      this.#again(error instanceof ApiError ? error.retryAfter_ms : 0);
    }
  }

  /** `atLeast_ms` is the server's own wish (Retry-After). */
  #again(atLeast_ms = 0): void {
    this.#drop('close');
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
