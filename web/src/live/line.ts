/**
 * A media session that stays up: opened again with jitter when the network or the media node goes away.
 * Listening and speaking are both such lines; they differ in the peer they build.
 *
 *   connecting → up ⇄ down (trying again)     ended: the server closed it on purpose
 *                   no_path (trying again)    refused: the server said no, and asking again will not help
 *
 * `no_path`: the server answers, but no packet gets through, over UDP or TCP. Which of the two is used is the browser's
 * choice: the answer names both, and it takes the first that works.
 */
import { ApiError } from '../api.ts';
import { BackOff } from './back-off.ts';
import { hasTraffic, Lifeline, readReceived, SILENCE_MS } from './lifeline.ts';
import { Session } from './session.ts';

export type LineState = 'connecting' | 'up' | 'down' | 'no_path' | 'ended' | 'refused' | 'closed';

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
/** How often a path that is up is looked at. Higher notices a dead one later, lower costs battery. */
const LOOK_MS = 300;
/** A media node that died is up again within a second or two, and the socket says so; if it does not, we ask. */
const NODE_PATIENCE_MS = 4_000;
/** The server misses a speaker after a second; so much later a path that seems up is left. Lower lets a moment's loss cost a reconnection. */
const UNHEARD_MS = 1_500;

export class Line {
  #session: Session | null = null;
  #state: LineState = 'connecting';
  /** The server took the offer that is being tried. */
  #isAnswered = false;
  #backOff = new BackOff(400, 7_000);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lookTimer: ReturnType<typeof setInterval> | undefined;
  #unheardTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly address: string,
    readonly buildPeer: () => RTCPeerConnection,
    readonly events: LineEvents,
    /** Whether the next media node goes on with it when one dies: so it is for those who listen. */
    readonly livesOn = false,
  ) {}

  /** Call it straight from the tap: the offer goes out before anything else on the page. */
  open(): void {
    addEventListener('online', this.#networkIsBack);
    document.addEventListener('visibilitychange', this.#retryNow);
    this.#start();
  }

  get peer(): RTCPeerConnection | null {
    return this.#session?.peer ?? null;
  }

  /** The media node is said to be gone: wait to be told of the next one, unless the sound goes on. */
  nodeLost(): void {
    if (this.livesOn && this.#state === 'up') return;
    this.#unlessAlive(() => this.#leadsNowhere(NODE_PATIENCE_MS));
  }

  /** There is a node again. The wait spreads a large audience over some time. */
  nodeReady(after_ms: number): void {
    this.#backOff.reset();
    this.#unlessAlive(() => this.#leadsNowhere(after_ms), this.livesOn ? SILENCE_MS : undefined);
  }

  /** Whether the server misses what is sent: a path may be dead in that one direction, which no statistics of ours tell. */
  unheard(isUnheard: boolean): void {
    clearTimeout(this.#unheardTimer);
    if (isUnheard && this.#state === 'up') this.#unheardTimer = setTimeout(() => this.#again(), UNHEARD_MS);
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    removeEventListener('online', this.#networkIsBack);
    document.removeEventListener('visibilitychange', this.#retryNow);
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
    this.#isAnswered = false;
    this.events.onpeer(peer);
    this.#timer = setTimeout(() => this.#again(), CONNECT_MS);
    session.open().then(
      () => {
        this.#isAnswered = session === this.#session;
        this.#watchGoodbye(session);
      },
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
      void readReceived(peer).then((received) => {
        const isCurrent = peer === this.#session?.peer && peer.connectionState === 'connected';
        if (isCurrent && lifeline.isDead(performance.now(), received)) this.#again();
      });
    }, LOOK_MS);
  }

  #watch(peer: RTCPeerConnection): void {
    const state = peer.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#backOff.reset();
      this.#isAnswered = false;
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
    this.#isAnswered = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#unheardTimer);
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
    const foundNoPath = this.#isAnswered;
    this.#drop('close');
    this.#moveTo(foundNoPath ? 'no_path' : 'down');
    this.#timer = setTimeout(() => this.#start(), atLeast_ms + this.#backOff.next_ms());
  }

  #unlessAlive(act: () => void, within_ms?: number): void {
    const peer = this.peer;
    if (peer === null || this.#state !== 'up') return act();
    const looking = hasTraffic(peer, within_ms).catch(() => false);
    void looking.then((isAlive) => {
      // A node may be ready again before the loss of the one before it is believed and the peer given up, which then tells nothing.
      const isGivenUp = this.peer === null;
      if (isGivenUp || (!isAlive && peer === this.peer)) act();
    });
  }

  #leadsNowhere(startAfter_ms: number): void {
    if (this.#state === 'closed' || this.#state === 'ended' || this.#state === 'refused') return;
    this.#drop('abandon');
    this.#moveTo('down');
    this.#timer = setTimeout(() => this.#start(), startAfter_ms);
  }

  /** Another network, most likely: what was tried on the old one, or still looks alive, leads nowhere. */
  #networkIsBack = (): void => {
    this.#backOff.reset();
    this.#unlessAlive(() => this.#leadsNowhere(0));
  };

  /** A sleeping page wakes: no reason to wait any longer. */
  #retryNow = (): void => {
    const isWaiting = (this.#state === 'down' || this.#state === 'no_path') && this.#session === null;
    if (!isWaiting || document.hidden) return;
    clearTimeout(this.#timer);
    this.#start();
  };

  #moveTo(state: LineState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.events.onstate(state);
  }
}
