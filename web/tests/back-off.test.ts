import { expect, it } from 'vitest';

import { BackOff } from '../src/live/back-off.ts';

it('doubles its ceiling up to the longest wait', () => {
  const backOff = new BackOff(300, 1_000, () => 1);
  expect([1, 2, 3, 4].map(() => backOff.next_ms())).toEqual([300, 600, 1_000, 1_000]);
});

it('waits anything between nothing and the ceiling', () => {
  expect(new BackOff(300, 1_000, () => 0).next_ms()).toBe(0);
});

it('begins anew after a success', () => {
  const backOff = new BackOff(300, 1_000, () => 1);
  backOff.next_ms();
  backOff.next_ms();
  backOff.reset();
  expect(backOff.next_ms()).toBe(300);
});
