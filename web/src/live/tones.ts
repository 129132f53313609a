/** Three short tones at most: the microphone is open, you were called, you talk while muted. Made here, nothing is fetched. */
import { preferences, type Wishes } from './preferences.svelte.ts';

export type Tone = 'live' | 'called' | 'talkingMuted';

interface Shape {
  wish: keyof Wishes;
  /** One after the other. Two rising notes invite, two falling ones warn; low enough to lie under a voice. */
  notes_hz: readonly number[];
}

const SHAPES: Record<Tone, Shape> = {
  live: { wish: 'toneLive', notes_hz: [660] },
  called: { wish: 'toneCalled', notes_hz: [523, 784] },
  talkingMuted: { wish: 'toneTalkingMuted', notes_hz: [440, 330] },
};

const NOTE_S = 0.11;
/** About -24 dBFS: heard beside a voice, never above it. */
const GAIN = 0.06;

let context: AudioContext | null = null;

export function play(tone: Tone): void {
  const { wish, notes_hz } = SHAPES[tone];
  if (preferences.wishes[wish] === true) playNotes(notes_hz);
}

/** Whoever looks for the fault hears by this whether the own loudspeaker works. */
export function playTest(): void {
  playNotes([440, 554, 659]);
}

function playNotes(notes_hz: readonly number[]): void {
  context ??= new AudioContext();
  // Not allowed yet (nobody has tapped): better no tone than one that comes minutes later.
  if (context.state === 'suspended') void context.resume();
  if (context.state !== 'running') return;
  notes_hz.forEach((hz, index) => playNote(context as AudioContext, hz, index * NOTE_S));
}

function playNote(audio: AudioContext, hz: number, after_s: number): void {
  const oscillator = new OscillatorNode(audio, { frequency: hz });
  const gain = new GainNode(audio, { gain: 0 });
  const begin = audio.currentTime + after_s;
  // Rounded at both ends: a tone that is cut off clicks.
  gain.gain.setTargetAtTime(GAIN, begin, 0.008);
  gain.gain.setTargetAtTime(0, begin + NOTE_S * 0.7, 0.02);
  oscillator.connect(gain).connect(audio.destination);
  oscillator.start(begin);
  oscillator.stop(begin + NOTE_S * 2);
}
