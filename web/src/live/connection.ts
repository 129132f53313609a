/**
 * The live socket of one space. It stays open by itself: whatever breaks is tried again with jitter, and the
 * server is told the last number applied, so that nothing is missed. Ends only by `close` or a final close code.
 *
 *   idle → connecting → open ⇄ reconnecting        closed: by us, or for a reason that coming back cannot mend
 */
import type { ErrorBody } from '../api-types.ts';
import { BackOff } from './back-off.ts';
import { CloseCode, type ClientMessage, type CommandName, type ServerMessage } from './protocol.ts';

export type ConnectionState = 'idle' | 'connecting' | 'open' | 'reconnecting' | 'closed';
export type FinalReason = 'left' | 'removed' | 'not_found' | 'not_allowed' | 'bad_message';

export class CommandError extends Error {
  override name = 'CommandError';

  constructor(readonly body: ErrorBody) {
    super(body.message);
  }
}

export interface ConnectionEvents {
  onstate(state: ConnectionState): void;
  onmessage(message: ServerMessage): void;
  onfinal(reason: FinalReason): void;
  /** Whether to listen without being in the list. */
  isHidden(): boolean;
  /** The number of the last event applied; null asks for a snapshot. */
  lastSeq(): number | null;
}

interface Pending {
  resolve(): void;
  reject(error: CommandError): void;
  timer: ReturnType<typeof setTimeout>;
}

/** The server pings every 10 s: two pings and a half unheard mean a dead line. */
const SILENCE_MS = 25_000;
/** Longer than a mute under load ever takes; after it a page had better say that nothing happened. */
const ANSWER_MS = 10_000;

const FINAL: Record<number, FinalReason> = {
  [CloseCode.left]: 'left',
  [CloseCode.badMessage]: 'bad_message',
  [CloseCode.badToken]: 'not_allowed',
  [CloseCode.removed]: 'removed',
  [CloseCode.notFound]: 'not_found',
};

export class Connection {
  #socket: WebSocket | null = null;
  #pending = new Map<string, Pending>();
  #commandCount = 0;
  #backOff = new BackOff(300, 7_000);
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #state: ConnectionState = 'idle';

  constructor(
    readonly space_id: string,
    readonly events: ConnectionEvents,
  ) {}

  open(): void {
    if (this.#state !== 'idle') return;
    addEventListener('online', this.#retryNow);
    document.addEventListener('visibilitychange', this.#retryNow);
    this.#moveTo('connecting');
    this.#connect();
  }

  /** Resolves once the command is in force; rejects with the server's refusal or `connection_lost`. */
  command(name: CommandName, participant_id?: string): Promise<void> {
    this.#commandCount += 1;
    const id = `c${this.#commandCount}`;
    return new Promise((resolve, reject) => {
      if (this.#state !== 'open') return reject(connectionLost());
      const timer = setTimeout(() => this.#settle(id, connectionLost()), ANSWER_MS);
      this.#pending.set(id, { resolve, reject, timer });
      this.#send({ type: 'command', id, name, ...(participant_id === undefined ? {} : { participant_id }) });
    });
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#moveTo('closed');
    this.#stop();
    this.#socket?.close(CloseCode.left);
    this.#socket = null;
  }

  #connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/spaces/${this.space_id}/live`);
    this.#socket = socket;
    socket.onopen = () => {
      this.#send({ type: 'hello', token: null, after: this.events.lastSeq(), hidden: this.events.isHidden() });
      this.#heard(socket);
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      if (socket !== this.#socket) return;
      this.#heard(socket);
      this.#receive(JSON.parse(event.data) as ServerMessage);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code);
    };
  }

  #receive(message: ServerMessage): void {
    switch (message.type) {
      case 'ping':
        this.#send({ type: 'pong' });
        break;
      case 'ok':
        this.#settle(message.id, null);
        break;
      case 'error':
        this.#settle(message.id, new CommandError(message.error));
        break;
      case 'snapshot':
      case 'resumed':
        this.#backOff.reset();
        this.events.onmessage(message);
        this.#moveTo('open');
        break;
      default:
        this.events.onmessage(message);
    }
  }

  #lost(code: number): void {
    this.#socket = null;
    clearTimeout(this.#silenceTimer);
    for (const id of [...this.#pending.keys()]) this.#settle(id, connectionLost());
    const reason = FINAL[code];
    if (reason !== undefined) {
      this.#moveTo('closed');
      this.#stop();
      this.events.onfinal(reason);
      return;
    }
    this.#moveTo('reconnecting');
    this.#retryTimer = setTimeout(() => this.#connect(), this.#backOff.next_ms());
  }

  /** The network is back, or somebody looks at the page again: no reason to wait any longer. */
  #retryNow = (): void => {
    if (this.#state !== 'reconnecting' || this.#socket !== null || document.hidden) return;
    clearTimeout(this.#retryTimer);
    this.#connect();
  };

  /** A dead line closes nothing for minutes: who is silent for too long is given up. */
  #heard(socket: WebSocket): void {
    clearTimeout(this.#silenceTimer);
    this.#silenceTimer = setTimeout(() => {
      if (socket !== this.#socket) return;
      socket.close();
      this.#lost(0);
    }, SILENCE_MS);
  }

  #settle(id: string, error: CommandError | null): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (error === null) pending.resolve();
    else pending.reject(error);
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #stop(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    for (const id of [...this.#pending.keys()]) this.#settle(id, connectionLost());
    removeEventListener('online', this.#retryNow);
    document.removeEventListener('visibilitychange', this.#retryNow);
  }

  #moveTo(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.events.onstate(state);
  }
}

function connectionLost(): CommandError {
  return new CommandError({ code: 'connection_lost', message: 'The connection was lost.', details: null });
}
