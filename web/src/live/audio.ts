/**
 * What comes out of the loudspeaker: `<audio>` elements in the body, outside every page, so that no
 * navigation touches them. Media elements rather than an AudioContext, because they go on playing behind a
 * locked screen and in a background tab.
 */

export class Playback {
  #elements: HTMLAudioElement[] = [];

  /** `onblocked(true)` when the browser wants a tap first; `unblock` has to be called from that tap. */
  constructor(readonly onblocked: (isBlocked: boolean) => void) {}

  /** One element a track: Safari plays only the first of several tracks in one stream. */
  play(tracks: readonly MediaStreamTrack[]): void {
    this.stop();
    this.#elements = tracks.map((track) => {
      const element = document.createElement('audio');
      element.dataset['testid'] = 'sound';
      element.setAttribute('playsinline', '');
      element.hidden = true;
      element.srcObject = new MediaStream([track]);
      document.body.append(element);
      return element;
    });
    this.unblock();
  }

  unblock(): void {
    const elements = this.#elements;
    void Promise.all(elements.map((element) => element.play())).then(
      () => elements === this.#elements && this.onblocked(false),
      (error: unknown) => {
        // AbortError: we stopped it ourselves in the meantime.
        const isRefused = error instanceof DOMException && error.name === 'NotAllowedError';
        if (isRefused && elements === this.#elements) this.onblocked(true);
      },
    );
  }

  stop(): void {
    for (const element of this.#elements) {
      element.pause();
      element.srcObject = null;
      element.remove();
    }
    this.#elements = [];
  }
}
