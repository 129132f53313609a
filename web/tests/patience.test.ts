import { expect, it } from 'vitest';

import { Patience } from '../src/live/patience.ts';

const MOST_MS = 8_000;

function after(...took_ms: number[]): number {
  const patience = new Patience();
  took_ms.forEach((took) => patience.found(took));
  return patience.firstAgain_ms(MOST_MS);
}

it('where a path was found at once, another is not looked for longer than a second', () => {
  expect(after(40)).toBe(1_000);
});

it('a slow network is given as much more, and no more than any', () => {
  expect(after(900)).toBe(3_600);
  expect(after(5_000)).toBe(MOST_MS);
});

it('it is the last path that counts, and before there was one nothing is known', () => {
  expect(after(3_000, 50)).toBe(1_000);
  expect(after()).toBe(MOST_MS);
});
