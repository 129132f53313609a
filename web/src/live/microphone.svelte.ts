/**
 * The one microphone of this page. Opened by a tap, only on the stage (Bluetooth headsets fall to telephone quality the
 * moment it opens), and closed on leaving it. It may be exchanged while it is on: headsets are plugged in mid-sentence.
 */
import { LevelMeter, VoiceWatch } from './level.ts';
import { isForbidden, MicrophoneError, openTrack, type MicrophoneProblem } from './microphone-track.ts';
import { preferences } from './preferences.svelte.ts';

export type MicrophoneState = 'closed' | 'asking' | 'open';

export interface MicrophoneEvents {
  /** What is to be sent from now on; null when there is nothing any more. */
  ontrack(track: MediaStreamTrack | null): void;
  /** Unplugged, or taken by a telephone call: nobody hears it, whatever the page says. */
  onlost(): void;
  /** The first words into it since it was switched off. */
  ontalkingmuted(): void;
}

/** Ten looks a second: a hint needs no more, a phone's battery would feel it. */
const LOOK_MS = 100;
/** Devices blink while the system changes over; a call takes the microphone for longer. */
const INTERRUPTED_MS = 1_000;

export class Microphone {
  state = $state<MicrophoneState>('closed');
  problem = $state<MicrophoneProblem | null>(null);
  /** Open, and not the faintest sound for three seconds. */
  isSilent = $state(false);
  talksWhileMuted = $state(false);
  devices = $state.raw<readonly MediaDeviceInfo[]>([]);
  /** Plugged in since: offered, never switched to behind its owner's back. */
  newcomer = $state.raw<MediaDeviceInfo | null>(null);
  device_id = $state('');

  #track: MediaStreamTrack | null = null;
  #meter: LevelMeter | null = null;
  #voice = new VoiceWatch();
  #level = 0;
  #isOn = false;
  #isTriedOut = false;
  #hasWarned = false;
  #lookTimer: ReturnType<typeof setInterval> | undefined;
  #interruptedTimer: ReturnType<typeof setTimeout> | undefined;
  /** Raised by every change of mind, so that a microphone that opens too late is closed again. */
  #attempt = 0;

  constructor(readonly events: MicrophoneEvents) {}

  get track(): MediaStreamTrack | null {
    return this.#track;
  }

  /** 0 to 1, also while it is off: only its owner sees it. */
  get level(): number {
    return this.#level;
  }

  /** Comes up switched off. False, and `problem` says why, when there is none to be had. */
  async open(device_id: string = preferences.wishes.microphone_id): Promise<boolean> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    this.state = this.#track === null ? 'asking' : 'open';
    this.problem = null;
    try {
      const track = await openTrack(device_id);
      if (attempt !== this.#attempt) {
        track.stop();
        return false;
      }
      this.#use(track);
      void this.#lookForDevices();
      return true;
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      if (attempt === this.#attempt) {
        this.#drop();
        this.problem = error.problem;
      }
      return false;
    }
  }

  /** Another device, at once, while one speaks. */
  async choose(device_id: string): Promise<void> {
    preferences.change({ microphone_id: device_id, hasCheckedMicrophone: false });
    this.newcomer = null;
    if (await this.open(device_id)) preferences.change({ hasCheckedMicrophone: true });
  }

  setOn(on: boolean): void {
    if (this.#isOn === on) return;
    this.#isOn = on;
    this.#forgetTalk();
    if (this.#track !== null) this.#track.enabled = on;
  }

  /** Its owner says something to see whether it works, and knows that nobody hears. */
  tryOut(isTriedOut: boolean): void {
    this.#isTriedOut = isTriedOut;
    this.#forgetTalk();
  }

  close(): void {
    this.#attempt += 1;
    this.problem = null;
    this.newcomer = null;
    this.#drop();
  }

  #use(track: MediaStreamTrack): void {
    this.#drop();
    this.#track = track;
    track.enabled = this.#isOn;
    track.onended = () => void this.#ended(track);
    track.onmute = () => {
      this.#interruptedTimer = setTimeout(() => this.#lost('microphone_interrupted'), INTERRUPTED_MS);
    };
    track.onunmute = () => {
      clearTimeout(this.#interruptedTimer);
      if (this.problem === 'microphone_interrupted') this.problem = null;
    };
    this.device_id = track.getSettings().deviceId ?? '';
    this.#meter = new LevelMeter(track);
    this.#voice = new VoiceWatch();
    this.#lookTimer = setInterval(() => this.#look(), LOOK_MS);
    this.state = 'open';
    navigator.mediaDevices.addEventListener('devicechange', this.#onDeviceChange);
    this.events.ontrack(track);
  }

  #drop(): void {
    clearInterval(this.#lookTimer);
    clearTimeout(this.#interruptedTimer);
    this.state = 'closed';
    this.isSilent = false;
    this.talksWhileMuted = false;
    this.#level = 0;
    this.#meter?.close();
    this.#meter = null;
    if (this.#track === null) return;
    navigator.mediaDevices.removeEventListener('devicechange', this.#onDeviceChange);
    this.#track.onended = this.#track.onmute = this.#track.onunmute = null;
    this.#track.stop();
    this.#track = null;
    this.events.ontrack(null);
  }

  /** Unplugged, forbidden in the browser's own settings, or, on some telephones, taken by a call. */
  async #ended(track: MediaStreamTrack): Promise<void> {
    await this.#lookForDevices();
    const whyNot = (await isForbidden()) ? 'microphone_denied' : 'microphone_interrupted';
    if (track === this.#track) this.#lost(this.#isGone() ? 'microphone_lost' : whyNot);
  }

  #lost(problem: MicrophoneProblem): void {
    // An interrupted one may come back by itself, and says so; an ended one is over.
    if (problem !== 'microphone_interrupted' || this.#track?.readyState === 'ended') this.#drop();
    this.problem = problem;
    this.events.onlost();
  }

  #look(): void {
    const level = this.#meter?.read() ?? null;
    if (level === null) return;
    const now_ms = performance.now();
    this.#level = level;
    this.#voice.hear(level, now_ms);
    this.isSilent = this.#voice.isSilent(now_ms);
    this.talksWhileMuted = !this.#isOn && !this.#isTriedOut && this.#voice.isTalking(now_ms);
    if (!this.talksWhileMuted || this.#hasWarned) return;
    this.#hasWarned = true;
    this.events.ontalkingmuted();
  }

  #forgetTalk(): void {
    this.#voice.forgetTalk();
    this.#hasWarned = false;
    this.talksWhileMuted = false;
  }

  #isGone(): boolean {
    return !this.devices.some((one) => one.deviceId === this.device_id) || this.devices.length === 0;
  }

  #onDeviceChange = async (): Promise<void> => {
    const known = new Set(this.devices.map((one) => one.deviceId));
    await this.#lookForDevices();
    const isStillThere = this.devices.some((one) => one.deviceId === this.device_id);
    // One headset is several devices, and the browser tells of each: the offer stands for as long as it can be taken.
    const offered = this.newcomer?.deviceId;
    this.newcomer = this.devices.find((one) => !known.has(one.deviceId) || one.deviceId === offered) ?? null;
    // Unplugged, and the browser is slow to say so.
    if (!isStillThere && this.#track !== null && this.device_id !== '') this.#lost('microphone_lost');
  };

  async #lookForDevices(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices();
    this.devices = all.filter((one) => one.kind === 'audioinput');
  }
}
