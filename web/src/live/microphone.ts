/**
 * The one microphone of this page. Opened only on the stage (Bluetooth headsets fall to telephone quality the
 * moment it opens) and closed on leaving it.
 */

export type MicrophoneProblem = 'microphone_denied' | 'microphone_none' | 'microphone_busy' | 'microphone_lost';

export class MicrophoneError extends Error {
  override name = 'MicrophoneError';

  constructor(readonly problem: MicrophoneProblem) {
    super(problem);
  }
}

export class Microphone {
  #context: AudioContext | null = null;
  #analyser: AnalyserNode | null = null;
  #samples = new Float32Array(512);

  private constructor(readonly track: MediaStreamTrack) {}

  /** Comes up switched off; nothing is sent until somebody enables the track. */
  static async open(): Promise<Microphone> {
    if (navigator.mediaDevices === undefined) throw new MicrophoneError('microphone_none');
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
      const track = stream.getAudioTracks()[0];
      if (track === undefined) throw new MicrophoneError('microphone_none');
      track.enabled = false;
      return new Microphone(track);
    } catch (error) {
      throw problemOf(error);
    }
  }

  /** Unplugged, or taken away by the system. */
  set onlost(handler: () => void) {
    this.track.onended = handler;
  }

  set isOn(on: boolean) {
    this.track.enabled = on;
    if (on) this.#startMeter();
  }

  get isOn(): boolean {
    return this.track.enabled;
  }

  /** Root mean square, 0 to 1, of the last 10 ms: enough to draw one's own ring. */
  level(): number {
    if (this.#analyser === null || !this.track.enabled) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    const sum = this.#samples.reduce((total, sample) => total + sample * sample, 0);
    return Math.sqrt(sum / this.#samples.length);
  }

  close(): void {
    this.track.onended = null;
    this.track.stop();
    void this.#context?.close();
    this.#context = null;
    this.#analyser = null;
  }

  #startMeter(): void {
    if (this.#context !== null) {
      if (this.#context.state === 'suspended') void this.#context.resume();
      return;
    }
    this.#context = new AudioContext();
    this.#analyser = this.#context.createAnalyser();
    this.#analyser.fftSize = this.#samples.length;
    this.#context.createMediaStreamSource(new MediaStream([this.track])).connect(this.#analyser);
  }
}

function problemOf(error: unknown): MicrophoneError {
  if (error instanceof MicrophoneError) return error;
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return new MicrophoneError('microphone_denied');
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return new MicrophoneError('microphone_none');
  return new MicrophoneError('microphone_busy');
}
