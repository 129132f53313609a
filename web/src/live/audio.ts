/**
 * What comes out of the loudspeaker: `<audio>` elements in the body, outside every page, so that no
 * navigation touches them. Media elements rather than an AudioContext, because they go on playing behind a
 * locked screen and in a background tab.
 */

export type PlaybackState = 'playing' | 'blocked' | 'paused';

export class Playback {
  #elements: HTMLAudioElement[] = [];
  #wantsPause = false;

  /** 'blocked': the browser wants a tap first, or the system stopped it; `unblock` has to be called from that tap. */
  constructor(readonly onstate: (state: PlaybackState) => void) {}

  get elements(): readonly HTMLAudioElement[] {
    return this.#elements;
  }

  /** One element a track: Safari plays only the first of several tracks in one stream. */
  play(tracks: readonly MediaStreamTrack[]): void {
    this.stop();
    this.#elements = tracks.map((track) => {
      const element = document.createElement('audio');
      element.dataset['testid'] = 'sound';
      element.setAttribute('playsinline', '');
      element.hidden = true;
      element.srcObject = new MediaStream([track]);
      element.onpause = () => this.#paused(element);
      document.body.append(element);
      return element;
    });
    if (!this.#wantsPause) this.unblock();
  }

  /** Silent until `unblock`, by its owner's wish; what is live goes on elsewhere and is not kept. */
  pause(): void {
    this.#wantsPause = true;
    for (const element of this.#elements) element.pause();
    this.onstate('paused');
  }

  unblock(): void {
    this.#wantsPause = false;
    const elements = this.#elements;
    void Promise.all(elements.map((element) => element.play())).then(
      () => elements === this.#elements && !this.#wantsPause && this.onstate('playing'),
      (error: unknown) => {
        // AbortError: we stopped it ourselves in the meantime.
        const isRefused = error instanceof DOMException && error.name === 'NotAllowedError';
        if (isRefused && elements === this.#elements) this.onstate('blocked');
      },
    );
  }

  stop(): void {
    for (const element of this.#elements) {
      element.onpause = null;
      element.pause();
      element.srcObject = null;
      element.remove();
    }
    this.#elements = [];
  }

  /** Not by us: a telephone call, or another program that took the loudspeaker. A track that ended is no such thing. */
  #paused(element: HTMLAudioElement): void {
    if (!this.#wantsPause && !element.ended && this.#elements.includes(element)) this.onstate('blocked');
  }
}
