import { expect, it } from 'vitest';

import { Lifeline } from '../src/live/lifeline.ts';

/** What it says at each look; every half second one, with what was received by then. */
function looks(received: number[]): boolean[] {
  const line = new Lifeline();
  return received.map((sum, number) => line.isDead(10_000 + number * 500, sum));
}

it('a path on which a packet comes now and then lives', () => {
  expect(looks([0, 0, 0, 90, 90, 90, 180, 180, 180, 180, 270])).not.toContain(true);
});

it('a path on which nothing came for three seconds is dead', () => {
  expect(looks([5, 5, 5, 5, 5, 5, 5])).toEqual([false, false, false, false, false, false, true]);
});

it('one that the browser gives up takes its figures along, and what is left is watched anew', () => {
  expect(looks([900, 900, 900, 900, 50, 50, 50, 50])).not.toContain(true);
});

it('a page that slept is told by the first look that nothing came meanwhile', () => {
  const line = new Lifeline();
  expect([line.isDead(1_000, 7), line.isDead(3_600_000, 7)]).toEqual([false, true]);
});
