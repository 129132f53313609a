import { describe, expect, it } from 'vitest';

import { countdown } from '../src/routes/spaces/[id]/countdown.ts';

const NOW = new Date('2026-11-22T19:00:00Z');

describe('what is left until a start', () => {
  it.each([
    ['2026-11-25T21:30:00Z', ['3 days', '2 hours']],
    ['2026-11-22T21:30:00Z', ['2 hours', '30 minutes']],
    ['2026-11-22T19:01:05Z', ['1 minutes', '5 seconds']],
    ['2026-11-22T19:00:00.200Z', ['0 minutes', '1 seconds']],
  ])('%s', (start, said) => {
    expect(countdown(start, NOW)?.map((part) => `${part.value} ${part.unit}`)).toEqual(said);
  });

  it('is nothing when the time has come', () => {
    expect(countdown('2026-11-22T19:00:00Z', NOW)).toBeNull();
    expect(countdown('2026-11-22T18:00:00Z', NOW)).toBeNull();
  });
});
