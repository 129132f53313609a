import { describe, expect, it } from 'vitest';

import { ApiError } from '../src/api.ts';
import type { FinalReason } from '../src/live/connection.ts';
import { endingOf } from '../src/routes/ending.ts';

const inside = { final: null, isJoined: true };
const outside = (final: FinalReason | null) => ({ final, isJoined: false });
const refused = (status: number) => new ApiError(status, { code: 'any', message: '', details: null });

describe('why there is nothing to hear', () => {
  it('nothing is over while the space goes on, whatever a look at it met', () => {
    expect(endingOf(inside, { state: 'live' }, refused(0))).toBeNull();
    expect(endingOf(outside(null), { state: 'scheduled' }, null)).toBeNull();
  });

  it('being removed is said before the end of the space', () => {
    expect(endingOf(outside('removed'), { state: 'ended' }, null)).toBe('removed');
  });

  it('the end of the space is said before having left it', () => {
    expect(endingOf(outside('left'), { state: 'ended' }, null)).toBe('ended');
    expect(endingOf(outside('left'), { state: 'live' }, null)).toBe('left_elsewhere');
  });

  it('a space that cannot be fetched has a sentence for each reason', () => {
    expect([404, 403, 0].map((status) => endingOf(outside(null), null, refused(status)))).toEqual([
      'not_found',
      'removed',
      'unreachable',
    ]);
  });
});
