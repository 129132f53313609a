/**
 * What one space sounds like on this page: listening, or speaking with a microphone, never both for longer
 * than it takes to change over. It does as it is told; who may speak is decided by the space's state.
 */
import type { ApiError } from '../api.ts';
import { Playback } from './audio.ts';
import type { Line, LineState } from './line.ts';
import { listenTo } from './listen.ts';
import { Microphone, MicrophoneError, type MicrophoneProblem } from './microphone.ts';
import { speakIn } from './speak.ts';

export type SoundState = 'idle' | 'connecting' | 'playing' | 'blocked' | 'reconnecting' | 'failed';
export type SoundLine = 'none' | 'listening' | 'speaking';
export type SoundProblem = MicrophoneProblem | 'microphone_elsewhere' | 'speaking_refused';

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
  isServerThere(): boolean;
}

export class Sound {
  #listenState = $state<LineState | null>(null);
  #speakState = $state<LineState | null>(null);
  #isBlocked = $state(false);
  #isMicrophoneOn = false;
  problem = $state<SoundProblem | null>(null);
  /** While the browser asks for the microphone. */
  isAsking = $state(false);

  #listenLine: Line | null = null;
  #speakLine: Line | null = null;
  #peer: RTCPeerConnection | null = null;
  #microphone: Microphone | null = null;
  #listenPlayback = new Playback((isBlocked) => (this.#isBlocked = isBlocked));
  #speakPlayback = new Playback((isBlocked) => (this.#isBlocked = isBlocked));
  /** Raised by every change of mind, so that a microphone that opens too late is closed again. */
  #speakAttempt = 0;
  #endedAt_ms = Number.NEGATIVE_INFINITY;

  constructor(
    readonly space_id: string,
    readonly events: SoundEvents,
  ) {}

  get line(): SoundLine {
    if (this.#speakState === 'up' || this.#speakState === 'down') return 'speaking';
    return this.#listenState === null ? 'none' : 'listening';
  }

  get state(): SoundState {
    const state = this.line === 'speaking' ? this.#speakState : this.#listenState;
    if (state === null || state === 'closed') return 'idle';
    if (state === 'refused') return 'failed';
    if (this.#isBlocked) return 'blocked';
    if (state === 'connecting') return 'connecting';
    return state === 'up' ? 'playing' : 'reconnecting';
  }

  get receivers(): readonly RTCRtpReceiver[] {
    return this.#peer === null || this.#peer.connectionState === 'closed' ? [] : this.#peer.getReceivers();
  }

  /** Zero while nobody could hear it: the ring must not promise more than the line holds. */
  get microphoneLevel(): number {
    return this.#speakState === 'up' ? (this.#microphone?.level() ?? 0) : 0;
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

  /** Opens the microphone (off) and changes over. Fails into `problem`, and goes on listening. */
  async speak(): Promise<void> {
    if (this.#speakLine !== null || this.isAsking || this.problem !== null) return;
    this.#speakAttempt += 1;
    const attempt = this.#speakAttempt;
    this.isAsking = true;
    try {
      const microphone = await Microphone.open();
      if (attempt !== this.#speakAttempt) return microphone.close();
      this.#startSpeaking(microphone);
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      if (attempt === this.#speakAttempt) this.problem = error.problem;
    } finally {
      if (attempt === this.#speakAttempt) this.isAsking = false;
    }
  }

  /** The socket was lost: a line that ended a moment ago ended for the same reason, and is taken up again. */
  serverWentAway(): void {
    const endedJustNow = performance.now() - this.#endedAt_ms < GOING_DOWN_MS;
    if (this.problem === 'microphone_elsewhere' && endedJustNow) this.problem = null;
  }

  /** Back to the audience. */
  stopSpeaking(): void {
    this.problem = null;
    // The server has closed what a seat that is no more was speaking through.
    this.#speakLine?.abandon();
    this.#endSpeaking(null);
  }

  /** After a problem, from a tap. */
  tryMicrophoneAgain(): Promise<void> {
    this.problem = null;
    return this.speak();
  }

  /** After a refusal, from a tap. */
  tryListeningAgain(): void {
    this.#listenAgain('refused');
  }

  setMicrophone(on: boolean): void {
    this.#isMicrophoneOn = on;
    if (this.#microphone !== null) this.#microphone.isOn = on;
  }

  unblock(): void {
    this.#listenPlayback.unblock();
    this.#speakPlayback.unblock();
  }

  /** Nothing is said to the server: it has ended the sound itself, or is to keep the seat for a page that comes back. */
  abandon(): void {
    this.#speakLine?.abandon();
    this.#listenLine?.abandon();
    this.stop();
  }

  stop(): void {
    this.#speakAttempt += 1;
    this.isAsking = false;
    this.problem = null;
    this.#closeSpeaking();
    this.#closeListening();
    this.#peer = null;
    this.#isBlocked = false;
  }

  #startSpeaking(microphone: Microphone): void {
    this.#microphone = microphone;
    microphone.isOn = this.#isMicrophoneOn;
    microphone.onlost = () => {
      this.#endSpeaking('microphone_lost');
      this.events.onmicrophonelost();
    };
    this.#speakState = 'connecting';
    let speakPeer: RTCPeerConnection | null = null;
    this.#speakLine = speakIn(this.space_id, microphone.track, {
      onpeer: (peer) => (speakPeer = peer),
      onrefused: () => this.#endSpeaking('speaking_refused'),
      onstate: (state) => {
        this.#speakState = state;
        if (state === 'up' && speakPeer !== null) this.#changeOver(speakPeer);
        if (state === 'ended') this.#speakingEnded();
      },
    });
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
  #speakingEnded(): void {
    this.#endedAt_ms = performance.now();
    this.#endSpeaking('microphone_elsewhere');
    if (!this.events.isServerThere()) this.serverWentAway();
  }

  #endSpeaking(problem: SoundProblem | null): void {
    this.#speakAttempt += 1;
    this.isAsking = false;
    if (problem !== null) this.problem = problem;
    if (this.#speakLine === null) return;
    this.listen();
    this.#closeSpeaking();
  }

  #closeSpeaking(): void {
    this.#speakLine?.close();
    this.#speakLine = null;
    this.#speakState = null;
    this.#speakPlayback.stop();
    this.#microphone?.close();
    this.#microphone = null;
  }

  #closeListening(): void {
    this.#listenLine?.close();
    this.#listenLine = null;
    this.#listenState = null;
    this.#listenPlayback.stop();
  }
}
