import { expect, it } from 'vitest';

import { Lifeline, type PathCounters } from '../src/live/lifeline.ts';

function counters(requestsSent: number, responsesReceived: number, bytesReceived = 0): PathCounters {
  return { requestsSent, responsesReceived, bytesReceived };
}

it('a quiet path whose checks are answered lives', () => {
  const line = new Lifeline();
  const looks = [counters(1, 1), counters(1, 1), counters(2, 2), counters(2, 2)];
  expect(looks.map((one) => line.isDead(one))).toEqual([false, false, false, false]);
});

it('a path without answers and without packets is dead at the second look', () => {
  const line = new Lifeline();
  const looks = [counters(5, 5, 900), counters(6, 5, 900), counters(7, 5, 900), counters(8, 5, 900)];
  expect(looks.map((one) => line.isDead(one))).toEqual([false, false, false, true]);
});

it('packets keep a path alive whose checks get lost', () => {
  const line = new Lifeline();
  const looks = [counters(5, 5, 1), counters(7, 5, 2), counters(9, 5, 3), counters(11, 5, 4)];
  expect(looks.some((one) => line.isDead(one))).toBe(false);
});

it('an answer that was on its way ends the suspicion', () => {
  const line = new Lifeline();
  const looks = [counters(5, 5), counters(7, 5), counters(7, 7), counters(9, 7)];
  expect(looks.some((one) => line.isDead(one))).toBe(false);
});
