/**
 * How loud a microphone is, read from a copy of its track: switching the track itself off makes it silent for every
 * reader, and "you are muted" has to be known while it is off.
 */

/** 20 ms: short enough for the eye, long enough for one period of a low voice. */
const SAMPLES = 1024;

export class LevelMeter {
  #context = new AudioContext();
  #analyser = new AnalyserNode(this.#context, { fftSize: SAMPLES });
  #samples = new Float32Array(SAMPLES);
  #copy: MediaStreamTrack;
  /** Kept: a source that nobody holds is collected, and the meter falls silent. */
  #source: MediaStreamAudioSourceNode;

  constructor(track: MediaStreamTrack) {
    this.#copy = track.clone();
    this.#copy.enabled = true;
    this.#source = this.#context.createMediaStreamSource(new MediaStream([this.#copy]));
    this.#source.connect(this.#analyser);
  }

  /** Root mean square of the last 20 ms, 0 to 1; null while the browser does not let it measure. */
  read(): number | null {
    if (this.#context.state !== 'running') {
      void this.#context.resume();
      return null;
    }
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const sum = this.#samples.reduce((total, sample) => total + sample * sample, 0);
    return Math.sqrt(sum / SAMPLES);
  }

  close(): void {
    this.#source.disconnect();
    this.#copy.stop();
    void this.#context.close();
  }
}

/** Below it is not a quiet place but no sound at all (-90 dBFS): a switch on the headset, a device that is not plugged in. */
const NO_SOUND_LEVEL = 0.00003;
/** A device may begin with silence; after this it is said. */
const SILENT_MS = 3_000;
/** About -34 dBFS: a voice near the microphone, not the keyboard beside it. */
const TALKING_LEVEL = 0.02;
/** Somebody who talks is above the level this long without a pause of `PAUSE_MS`; a cough is shorter. */
const TALKING_MS = 500;
const PAUSE_MS = 300;
/** The hint stays this long after the last word, so that it can be read. */
const HINT_MS = 3_000;

/** What the levels of a microphone say over time. Pure, given the time. */
export class VoiceWatch {
  #soundAt_ms: number | null = null;
  #talk: { from_ms: number; last_ms: number } | null = null;
  #talkedAt_ms = Number.NEGATIVE_INFINITY;

  hear(level: number, now_ms: number): void {
    this.#soundAt_ms ??= now_ms;
    if (level > NO_SOUND_LEVEL) this.#soundAt_ms = now_ms;
    if (level <= TALKING_LEVEL) return;
    const isGoingOn = this.#talk !== null && now_ms - this.#talk.last_ms < PAUSE_MS;
    this.#talk = { from_ms: isGoingOn ? (this.#talk?.from_ms ?? now_ms) : now_ms, last_ms: now_ms };
    if (now_ms - this.#talk.from_ms >= TALKING_MS) this.#talkedAt_ms = now_ms;
  }

  isSilent(now_ms: number): boolean {
    return this.#soundAt_ms !== null && now_ms - this.#soundAt_ms >= SILENT_MS;
  }

  isTalking(now_ms: number): boolean {
    return now_ms - this.#talkedAt_ms < HINT_MS;
  }

  /** Muted or opened just now: what was said before does not count. */
  forgetTalk(): void {
    this.#talk = null;
    this.#talkedAt_ms = Number.NEGATIVE_INFINITY;
  }
}
