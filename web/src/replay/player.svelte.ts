/** One recording as this page plays it: where it is, how fast, and what the lock screen may do. */

/** Steps of the buttons, the keys and the lock screen. */
export const SKIP_MS = 15_000;
export const SPEEDS = [0.75, 1, 1.25, 1.5, 1.75, 2] as const;

const SPEED = 'voxhall.replay.speed';
const PLACES = 'voxhall.replay.places';
/** More than anyone goes back to; each costs some bytes of the browser's small store. */
const PLACES_KEPT = 100;
/** So near to the end the recording has been heard: it begins anew. */
const HEARD_MS = 10_000;
const KEEP_EVERY_MS = 5_000;

export interface PlayerFacts {
  id: string;
  sources: readonly string[];
  duration_ms: number;
  title: string;
  artist: string;
  artwork: string;
}

export class Player {
  at_ms = $state(0);
  duration_ms = $state(0);
  isPlaying = $state(false);
  isWaiting = $state(false);
  hasFailed = $state(false);
  speed = $state(1);
  readonly audio = new Audio();

  #facts: PlayerFacts;
  #source = 0;
  #frame = 0;
  #kept_ms = 0;

  constructor(facts: PlayerFacts, start_ms: number | null) {
    this.#facts = facts;
    this.duration_ms = facts.duration_ms;
    this.speed = Number(localStorage.getItem(SPEED)) || 1;
    const audio = this.audio;
    audio.preload = 'metadata';
    audio.addEventListener('play', () => this.#follow());
    audio.addEventListener('pause', () => this.#stopped());
    audio.addEventListener('ended', () => this.#stopped());
    audio.addEventListener('waiting', () => (this.isWaiting = true));
    audio.addEventListener('playing', () => (this.isWaiting = false));
    audio.addEventListener('seeked', () => (this.at_ms = audio.currentTime * 1_000));
    audio.addEventListener('loadedmetadata', () => this.#loaded());
    audio.addEventListener('error', () => this.#tryNext());
    this.at_ms = start_ms ?? keptPlace(facts.id, facts.duration_ms);
    this.#load();
  }

  async play(): Promise<void> {
    if (this.hasFailed) {
      this.#source = 0;
      this.hasFailed = false;
      this.#load();
    }
    if (this.audio.ended) this.seek(0);
    this.#offerOnLockScreen();
    // Refused without a tap, or cut short by a pause: the button still says "play".
    await this.audio.play().catch(() => undefined);
  }

  pause(): void {
    this.audio.pause();
  }

  toggle(): void {
    if (this.isPlaying) this.pause();
    else void this.play();
  }

  seek(at_ms: number): void {
    this.at_ms = Math.min(Math.max(0, at_ms), this.duration_ms);
    if (this.audio.readyState > 0) this.audio.currentTime = this.at_ms / 1_000;
    this.#keep();
  }

  skip(by_ms: number): void {
    this.seek(this.at_ms + by_ms);
  }

  /** Hear this moment: what a click on a word means. */
  playFrom(at_ms: number): void {
    this.seek(at_ms);
    void this.play();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    this.audio.playbackRate = speed;
    localStorage.setItem(SPEED, String(speed));
  }

  close(): void {
    this.#keep();
    cancelAnimationFrame(this.#frame);
    this.audio.pause();
    this.audio.removeAttribute('src');
    this.audio.load();
    if ('mediaSession' in navigator) navigator.mediaSession.metadata = null;
  }

  #load(): void {
    const source = this.#facts.sources[this.#source];
    if (source === undefined) this.hasFailed = true;
    else this.audio.src = source;
  }

  #loaded(): void {
    this.audio.playbackRate = this.speed;
    if (Number.isFinite(this.audio.duration)) this.duration_ms = this.audio.duration * 1_000;
    if (this.at_ms > 0) this.audio.currentTime = this.at_ms / 1_000;
  }

  /** A form that this browser cannot play is followed by the next one. */
  #tryNext(): void {
    if (this.audio.getAttribute('src') === null) return;
    this.#source += 1;
    this.#load();
    if (!this.hasFailed && this.isPlaying) void this.play();
    if (this.hasFailed) this.isPlaying = false;
  }

  #follow(): void {
    this.isPlaying = true;
    cancelAnimationFrame(this.#frame);
    const look = (): void => {
      this.at_ms = this.audio.currentTime * 1_000;
      if (Math.abs(this.at_ms - this.#kept_ms) > KEEP_EVERY_MS) this.#keep();
      this.#frame = requestAnimationFrame(look);
    };
    look();
  }

  #stopped(): void {
    cancelAnimationFrame(this.#frame);
    this.isPlaying = false;
    this.isWaiting = false;
    this.at_ms = this.audio.currentTime * 1_000;
    this.#keep();
  }

  #keep(): void {
    this.#kept_ms = this.at_ms;
    const places = keptPlaces();
    delete places[this.#facts.id];
    if (this.at_ms > 0) places[this.#facts.id] = Math.round(this.at_ms);
    const kept = Object.entries(places).slice(-PLACES_KEPT);
    localStorage.setItem(PLACES, JSON.stringify(Object.fromEntries(kept)));
  }

  #offerOnLockScreen(): void {
    if (!('mediaSession' in navigator)) return;
    const { title, artist, artwork } = this.#facts;
    const session = navigator.mediaSession;
    session.metadata = new MediaMetadata({ title, artist, artwork: [{ src: artwork, sizes: '1200x630', type: 'image/png' }] });
    session.setActionHandler('play', () => void this.play());
    session.setActionHandler('pause', () => this.pause());
    session.setActionHandler('seekbackward', () => this.skip(-SKIP_MS));
    session.setActionHandler('seekforward', () => this.skip(SKIP_MS));
    session.setActionHandler('seekto', ({ seekTime = 0 }) => this.seek(seekTime * 1_000));
  }
}

function keptPlaces(): Record<string, number> {
  try {
    return JSON.parse(localStorage.getItem(PLACES) ?? '{}') as Record<string, number>;
  } catch {
    return {};
  }
}

function keptPlace(id: string, duration_ms: number): number {
  const place = keptPlaces()[id] ?? 0;
  return place < duration_ms - HEARD_MS ? place : 0;
}
