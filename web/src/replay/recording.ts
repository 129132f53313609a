/** What the server has kept of a space, as `GET /spaces/{id}/recording` says it, and which of it this browser plays. */
import { reach } from '../api.ts';

export type AudioKind = 'ogg' | 'mp3' | 'm4a';
export type FileState = 'pending' | 'live' | 'processing' | 'ready' | 'failed';

export interface Recording {
  state: string;
  duration_ms: number;
  /** Addresses; null while a form is not made yet. */
  audio: Partial<Record<AudioKind, string | null>>;
  tracks: { participant: string; ogg: string | null; display_name?: string }[];
  transcript: {
    state: FileState;
    language: string | null;
    progress?: number | null;
    error?: string | null;
    vtt: string | null;
    srt: string | null;
    txt: string | null;
    json: string | null;
  } | null;
  waveform: string | null;
  chapters: string | null;
  events: string | null;
}

/**
 * The addresses are whole ones, as other programs need them; here they are this page's own server, however it was reached.
 */
export function asHere(recording: Recording): Recording {
  const here = (address: string | null | undefined): string | null =>
    address == null ? null : new URL(address, location.href).pathname;
  const { audio, transcript } = recording;
  return {
    ...recording,
    audio: { ogg: here(audio.ogg), mp3: here(audio.mp3), m4a: here(audio.m4a) },
    tracks: recording.tracks.map((track) => ({ ...track, ogg: here(track.ogg) })),
    transcript: transcript && {
      ...transcript,
      vtt: here(transcript.vtt),
      srt: here(transcript.srt),
      txt: here(transcript.txt),
      json: here(transcript.json),
    },
    waveform: here(recording.waveform),
    events: here(recording.events),
  };
}

/** Safari plays no Ogg before version 18.4, and M4A in every one; elsewhere the Ogg is what was recorded, untouched. */
export function playable(recording: Recording, isSafari: boolean): string[] {
  const order: AudioKind[] = isSafari ? ['m4a', 'mp3', 'ogg'] : ['ogg', 'm4a', 'mp3'];
  return order.flatMap((kind) => recording.audio[kind] ?? []);
}

export function isSafari(vendor: string): boolean {
  return vendor.startsWith('Apple');
}

/** Null where there is no such file or it cannot be read: the replay goes on without it. */
export async function fetchText(address: string | null): Promise<string | null> {
  if (address === null) return null;
  const answer = await reach(address, {}).catch(() => null);
  return answer?.ok === true ? answer.text() : null;
}
