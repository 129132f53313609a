/** Where faces are: whoever is on the stage keeps the place for as long as they are there. Pure. */
import type { Participant } from './protocol.ts';

/** The id on each place; null is a place that somebody has left. The first is the host's. */
export type Seats = readonly (string | null)[];

export const NO_SEATS: Seats = [null];

/** Who goes leaves a gap, who comes takes the first gap: nobody else moves. */
export function seat(seats: Seats, stage: readonly Participant[]): Seats {
  const host = stage.find((one) => one.role === 'host');
  const here = new Set(stage.map((one) => one.id));
  const others = seats.slice(1).map((id) => (id !== null && here.has(id) && id !== host?.id ? id : null));
  const seated = new Set(others);
  for (const { id } of stage) {
    if (id === host?.id || seated.has(id)) continue;
    const gap = others.indexOf(null);
    if (gap === -1) others.push(id);
    else others[gap] = id;
  }
  const last = others.findLastIndex((id) => id !== null);
  return [host?.id ?? null, ...others.slice(0, last + 1)];
}
