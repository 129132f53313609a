/** The reducer over the vectors that the server's model is held to as well. */
import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import type { ServerMessage } from '../src/live/protocol.ts';
import { reduce, type SpaceView } from '../src/live/space-state.ts';

interface Vector {
  name: string;
  given: SpaceView;
  when: ServerMessage[];
  then: SpaceView;
}

const file = new URL('../../tests/vectors/reducer.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

describe('the reducer, by the shared vectors', () => {
  it.each(vectors)('$name', ({ given, when, then }) => {
    const before = structuredClone(given);
    expect(when.reduce<SpaceView | null>(reduce, given)).toEqual(then);
    expect(given, 'the state handed in is left alone').toEqual(before);
  });

  it('knows nothing before the first snapshot', () => {
    expect(reduce(null, { type: 'audience', listener_count: 3 })).toBeNull();
  });

  it('has vectors to go by', () => {
    expect(vectors.length).toBeGreaterThan(20);
  });
});
