/**
 * The stage as it was at each moment, from the tape's log (docs/tape.md). Pure.
 * The same reducer that follows a live space is folded over what was written then.
 */
import type { Space } from '../api-types.ts';
import type { Participant, SpaceEvent } from '../live/protocol.ts';
import { reduce, type SpaceView } from '../live/space-state.ts';

/** A line of the log; kinds and fields that are not known here are passed over. */
export interface LogLine {
  kind: string;
  at_ms: number;
  csrcs?: number[];
  seq?: number;
  name?: string;
  data?: unknown;
  from_ms?: number;
  to_ms?: number;
  wall?: string;
}

interface StageChange {
  at_ms: number;
  stage: readonly Participant[];
}

interface HeardChange {
  at_ms: number;
  csrcs: readonly number[];
}

export interface StageLog {
  /** Everyone who ever stood on stage, host first, then in the order in which they came: nobody changes places. */
  seats: readonly Participant[];
  changes: readonly StageChange[];
  heard: readonly HeardChange[];
}

export function parseLog(text: string): LogLine[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        // A last line that was torn is not part of the log.
        return [];
      }
    });
}

export function readLog(lines: readonly LogLine[], space: Space): StageLog {
  let view = emptyView(space);
  const changes: StageChange[] = [];
  const heard: HeardChange[] = [];
  const seats = new Map<string, Participant>();
  for (const line of lines) {
    if (line.kind === 'heard') heard.push({ at_ms: line.at_ms, csrcs: line.csrcs ?? [] });
    if (line.kind !== 'event' || line.name === 'space_ended') continue;
    const event = { type: 'event', seq: line.seq, at: line.wall, name: line.name, data: line.data } as SpaceEvent;
    const next = reduce(view, event) ?? view;
    if (next.stage !== view.stage) {
      changes.push({ at_ms: line.at_ms, stage: next.stage });
      for (const one of next.stage) if (!seats.has(one.id)) seats.set(one.id, one);
    }
    view = next;
  }
  const all = [...seats.values()];
  const isHost = (one: Participant): boolean => one.role === 'host' || one.handle === space.host.handle;
  return { seats: [...all.filter(isHost), ...all.filter((one) => !isHost(one))], changes, heard };
}

/** Who stood on stage then, as they were then. */
export function stageAt(log: StageLog, at_ms: number): readonly Participant[] {
  return last(log.changes, at_ms)?.stage ?? [];
}

/** The CSRCs of those heard then. */
export function heardAt(log: StageLog, at_ms: number): readonly number[] {
  return last(log.heard, at_ms)?.csrcs ?? [];
}

function emptyView(space: Space): SpaceView {
  return {
    seq: 0,
    space,
    you: { participant_id: '', signed_in: false },
    stage: [],
    requests: [],
    invitations: [],
    listener_count: 0,
    media: 'ready',
    interrupted: [],
    disk: null,
  };
}

/** The last entry at or before a moment; the entries are in order of time. */
export function last<Entry extends { at_ms: number }>(entries: readonly Entry[], at_ms: number): Entry | undefined {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.at_ms ?? 0) <= at_ms) low = middle + 1;
    else high = middle;
  }
  return entries[low - 1];
}
