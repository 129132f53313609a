import { describe, expect, it } from 'vitest';

import { HeardVoices } from '../src/live/speaking.ts';

describe('who is heard', () => {
  it('is whoever the packets go on naming', () => {
    const voices = new HeardVoices();
    expect(voices.update([{ source: 7, timestamp: 1 }], 0)).toEqual([7]);
    expect(voices.update([{ source: 7, timestamp: 2 }], 100)).toEqual([7]);
  });

  it('stays through a pause between words and no longer', () => {
    const voices = new HeardVoices();
    voices.update([{ source: 7, timestamp: 1 }], 0);
    expect(voices.update([{ source: 7, timestamp: 1 }], 300)).toEqual([7]);
    expect(voices.update([{ source: 7, timestamp: 1 }], 400)).toEqual([]);
  });

  it('can be several at once, in a steady order', () => {
    const voices = new HeardVoices();
    const sources = [
      { source: 9, timestamp: 1 },
      { source: 3, timestamp: 1 },
    ];
    expect(voices.update(sources, 0)).toEqual([3, 9]);
  });
});
