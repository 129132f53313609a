/** The words that were said, in step with the sound, and looked for. Pure. */
import { last } from './stage-log.ts';

/** As the file says it (the podcast namespace's field names, times in seconds). */
export interface TranscriptFile {
  language?: string | null;
  segments: {
    speaker: string;
    participant?: string | null;
    startTime: number;
    endTime: number;
    body: string;
    words?: { word: string; startTime: number; endTime: number; probability?: number }[];
  }[];
}

export interface Word {
  at_ms: number;
  end_ms: number;
  text: string;
}

/** What one person said without a pause in between. */
export interface Turn {
  at_ms: number;
  end_ms: number;
  speaker: string;
  participant: string | null;
  words: readonly Word[];
}

export interface Match {
  turn: number;
  from: number;
  to: number;
}

/** A pause longer than this begins a new paragraph, though the same person goes on. */
const PARAGRAPH_MS = 4_000;
/** A paragraph longer than this is not read any more, and its one time says too little. */
const LONG_MS = 45_000;

export function readTranscript(file: TranscriptFile): Turn[] {
  const turns: Turn[] = [];
  for (const segment of file.segments) {
    const words = wordsOf(segment);
    const at_ms = segment.startTime * 1_000;
    const end_ms = segment.endTime * 1_000;
    const before = turns.at(-1);
    const goesOn =
      before !== undefined &&
      before.speaker === segment.speaker &&
      at_ms - before.end_ms < PARAGRAPH_MS &&
      end_ms - before.at_ms < LONG_MS;
    if (goesOn) turns[turns.length - 1] = { ...before, end_ms, words: [...before.words, ...words] };
    else turns.push({ at_ms, end_ms, speaker: segment.speaker, participant: segment.participant ?? null, words });
  }
  return turns;
}

/** Without times of its own a word takes its share of the segment. */
function wordsOf(segment: TranscriptFile['segments'][number]): Word[] {
  if (segment.words !== undefined && segment.words.length > 0) {
    return segment.words.map((word) => ({
      at_ms: word.startTime * 1_000,
      end_ms: word.endTime * 1_000,
      text: word.word.trim(),
    }));
  }
  const texts = segment.body.split(/\s+/u).filter(Boolean);
  const share_ms = ((segment.endTime - segment.startTime) * 1_000) / Math.max(1, texts.length);
  return texts.map((text, place) => ({
    at_ms: segment.startTime * 1_000 + place * share_ms,
    end_ms: segment.startTime * 1_000 + (place + 1) * share_ms,
    text,
  }));
}

/** The turn that is being said, or was the last to be; -1 before the first. */
export function turnAt(turns: readonly Turn[], at_ms: number): number {
  const found = last(turns, at_ms);
  return found === undefined ? -1 : turns.indexOf(found);
}

export function wordAt(turn: Turn, at_ms: number): number {
  const found = last(turn.words, at_ms);
  return found === undefined ? -1 : turn.words.indexOf(found);
}

/** Where the words stand one after the other; case, accents and marks between them do not matter. */
export function find(turns: readonly Turn[], query: string): Match[] {
  const wanted = query.split(/\s+/u).map(plain).filter(Boolean);
  if (wanted.length === 0) return [];
  return turns.flatMap((turn, place) => {
    const words = turn.words.map((word) => plain(word.text));
    return words.flatMap((_, from) =>
      // The last one may still be on the way of being typed.
      wanted.every((text, offset) =>
        offset === wanted.length - 1 ? words[from + offset]?.startsWith(text) : words[from + offset] === text,
      )
        ? [{ turn: place, from, to: from + wanted.length }]
        : [],
    );
  });
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/[\p{M}\p{P}\p{S}]/gu, '')
    .toLocaleLowerCase();
}

export function bodyOf(turn: Turn): string {
  return turn.words.map((word) => word.text).join(' ');
}

/** The page at that moment: what a quote leads to. Whole seconds, and never after the first word. */
export function linkTo(address: string, at_ms: number): string {
  return `${address}?t=${Math.floor(at_ms / 1_000)}`;
}

/** `?t=75`, `?t=1m15s`, `?t=1:15`: where a link leads, in milliseconds; null where it says nothing. */
export function placeOf(t: string | null): number | null {
  if (t === null) return null;
  const clock = /^(?:(\d+):)?(\d{1,2}):(\d{2})$/.exec(t);
  const parts = clock ?? /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?$/.exec(t);
  if (parts === null || t === '') return null;
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
