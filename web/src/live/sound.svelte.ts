/**
 * What one space sounds like on this page: listening, or on the stage's own line, never both for longer than it
 * takes to change over. It does as it is told; who may speak is decided by the space's state.
 */
import type { ApiError } from '../api.ts';
import { Playback, type PlaybackState } from './audio.ts';
import type { Line, LineState } from './line.ts';
import { listenTo } from './listen.ts';
import { Microphone } from './microphone.svelte.ts';
import { sendOn, speakIn } from './speak.ts';

export type SoundState =
  | 'idle'
  | 'connecting'
  | 'playing'
  | 'blocked'
  | 'paused'
  | 'reconnecting'
  | 'no_path'
  | 'failed'
  | 'elsewhere';
export type SoundLine = 'none' | 'listening' | 'speaking';
/** Why this page is not the seat's microphone although its person is on the stage. */
export type SeatProblem = 'microphone_elsewhere' | 'speaking_refused';

/** Time for the socket to say that the space ended, or that we are out, before asking to be let in again. */
const LISTEN_AGAIN_MS = 1_500;

/** A server that restarts closes its lines and its sockets within this time of each other. */
const GOING_DOWN_MS = 3_000;

export interface SoundEvents {
  onrefused(error: ApiError): void;
  /** The listening line has been answered, or given up for now: the server has named a guest. */
  onanswered(): void;
  /** This page has become the seat's microphone. */
  onspeaking(): void;
  onmicrophonelost(): void;
  ontalkingmuted(): void;
  isServerThere(): boolean;
}

export class Sound {
  #listenState = $state<LineState | null>(null);
  #speakState = $state<LineState | null>(null);
  #playback = $state<PlaybackState>('playing');
  seatProblem = $state<SeatProblem | null>(null);
  /** Another tab of this browser plays instead. */
  #isElsewhere = $state(false);
  readonly microphone: Microphone;

  #listenLine: Line | null = null;
  #speakLine: Line | null = null;
  #peer: RTCPeerConnection | null = null;
  #listenPlayback = new Playback((state) => (this.#playback = state));
  #speakPlayback = new Playback((state) => (this.#playback = state));
  #endedAt_ms = Number.NEGATIVE_INFINITY;

  constructor(
    readonly space_id: string,
    readonly events: SoundEvents,
  ) {
    this.microphone = new Microphone({
      ontrack: (track) => sendOn(this.#speakLine?.peer ?? null, track),
      onlost: () => events.onmicrophonelost(),
      ontalkingmuted: () => events.ontalkingmuted(),
    });
  }

  get line(): SoundLine {
    if (this.#speakState !== null && this.#listenState === null) return 'speaking';
    return this.#listenState === null ? 'none' : 'listening';
  }

  get lineState(): LineState | null {
    return this.line === 'speaking' ? this.#speakState : this.#listenState;
  }

  get state(): SoundState {
    if (this.#isElsewhere) return 'elsewhere';
    const state = this.lineState;
    if (state === null || state === 'closed') return 'idle';
    if (state === 'refused') return 'failed';
    if (this.#playback !== 'playing') return this.#playback;
    if (state === 'connecting' || state === 'no_path') return state;
    return state === 'up' ? 'playing' : 'reconnecting';
  }

  /** What carries the sound at this moment, for whoever looks into it. */
  get peer(): RTCPeerConnection | null {
    return this.#peer === null || this.#peer.connectionState === 'closed' ? null : this.#peer;
  }

  get elements(): readonly HTMLAudioElement[] {
    return this.line === 'speaking' ? this.#speakPlayback.elements : this.#listenPlayback.elements;
  }

  /** Call it from the tap itself: the offer leaves, and the browser lets the element play. */
  listen(): void {
    if (this.#listenLine !== null) return;
    this.#listenState = 'connecting';
    this.#listenLine = listenTo(this.space_id, {
      onstate: (state) => {
        this.#listenState = state;
        this.events.onanswered();
        // Closed by the server while we may still listen: it will say why, or take us back.
        if (state === 'ended') setTimeout(() => this.#listenAgain('ended'), LISTEN_AGAIN_MS);
      },
      onrefused: (error) => this.events.onrefused(error),
      onpeer: (peer) => {
        this.#peer = peer;
        this.#listenPlayback.play(peer.getReceivers().map((one) => one.track));
      },
    });
  }

  /** Takes the seat on the stage. The microphone may be opened later; until then nothing is sent. */
  takeSeat(): void {
    if (this.#speakLine !== null || this.seatProblem !== null || this.#isElsewhere) return;
    this.#speakState = 'connecting';
    let seatPeer: RTCPeerConnection | null = null;
    this.#speakLine = speakIn(this.space_id, {
      onpeer: (peer) => {
        seatPeer = peer;
        sendOn(peer, this.microphone.track);
      },
      onrefused: () => this.#endSeat('speaking_refused'),
      onstate: (state) => {
        this.#speakState = state;
        if (state === 'up' && seatPeer !== null) this.#changeOver(seatPeer);
        if (state === 'ended') this.#seatEnded();
      },
    });
  }

  /** Back to the audience. */
  leaveSeat(): void {
    this.seatProblem = null;
    // The server has closed what a seat that is no more was speaking through.
    this.#speakLine?.abandon();
    this.#endSeat(null);
    this.microphone.close();
  }

  /** After a problem, from a tap. */
  takeSeatAgain(): void {
    this.seatProblem = null;
    this.takeSeat();
  }

  /** After a refusal, from a tap. */
  tryListeningAgain(): void {
    this.#listenAgain('refused');
  }

  /** The socket was lost: a line that ended a moment ago ended for the same reason, and is taken up again. */
  serverWentAway(): void {
    const endedJustNow = performance.now() - this.#endedAt_ms < GOING_DOWN_MS;
    if (this.seatProblem === 'microphone_elsewhere' && endedJustNow) this.seatProblem = null;
  }

  nodeLost(): void {
    this.serverWentAway();
    this.#speakLine?.nodeLost();
    this.#listenLine?.nodeLost();
  }

  nodeReady(after_ms: number): void {
    this.#listenAgain('ended');
    this.#speakLine?.nodeReady(after_ms);
    this.#listenLine?.nodeReady(after_ms);
  }

  /** Whether the server misses what this page sends from the stage. */
  unheard(isUnheard: boolean): void {
    this.#speakLine?.unheard(isUnheard);
  }

  pause(): void {
    this.#listenPlayback.pause();
    this.#speakPlayback.pause();
  }

  unblock(): void {
    this.#listenPlayback.unblock();
    this.#speakPlayback.unblock();
  }

  /** Another tab plays: silent here, and the seat is kept for it. */
  handOver(): void {
    this.#speakLine?.abandon();
    this.stop();
    this.#isElsewhere = true;
  }

  takeBack(): void {
    this.#isElsewhere = false;
    this.listen();
  }

  /** Nothing is said to the server: it has ended the sound itself, or is to keep the seat for a page that comes back. */
  abandon(): void {
    this.#speakLine?.abandon();
    this.#listenLine?.abandon();
    this.stop();
  }

  stop(): void {
    this.seatProblem = null;
    this.#isElsewhere = false;
    this.#closeSeat();
    this.microphone.close();
    this.#closeListening();
    this.#peer = null;
    this.#playback = 'playing';
  }

  /** The stage is heard line by line from here on; the mix would be the same words again, later. */
  #changeOver(peer: RTCPeerConnection): void {
    if (this.#peer === peer) return;
    this.#peer = peer;
    this.#closeListening();
    const incoming = peer.getTransceivers().filter((one) => one.direction === 'recvonly');
    this.#speakPlayback.play(incoming.map((one) => one.receiver.track));
    this.events.onspeaking();
  }

  #listenAgain(from: LineState): void {
    if (this.#listenState !== from) return;
    this.#closeListening();
    this.listen();
  }

  /** Closed by the server: another device took the seat, unless the server itself is going down. */
  #seatEnded(): void {
    this.#endedAt_ms = performance.now();
    this.#endSeat('microphone_elsewhere');
    if (this.events.isServerThere()) this.microphone.close();
    else this.serverWentAway();
  }

  #endSeat(problem: SeatProblem | null): void {
    if (problem !== null) this.seatProblem = problem;
    if (this.#speakLine === null) return;
    this.listen();
    this.#closeSeat();
  }

  #closeSeat(): void {
    this.#speakLine?.close();
    this.#speakLine = null;
    this.#speakState = null;
    this.#speakPlayback.stop();
  }

  #closeListening(): void {
    this.#listenLine?.close();
    this.#listenLine = null;
    this.#listenState = null;
    this.#listenPlayback.stop();
  }
}
