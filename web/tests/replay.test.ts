import { describe, expect, it } from 'vitest';

import { playable, type Recording } from '../src/replay/recording.ts';
import { heardAt, parseLog, readLog, stageAt } from '../src/replay/stage-log.ts';
import { find, linkTo, placeOf, readTranscript, turnAt, wordAt } from '../src/replay/transcript.ts';
import { peaks } from '../src/replay/waveform.ts';
import { person, spaceOf } from './space-fixture.ts';

const event = (at_ms: number, seq: number, name: string, data: object): string =>
  JSON.stringify({ kind: 'event', at_ms, seq, name, data });

const LOG = [
  '{"kind":"tape","at_ms":0,"version":1}',
  event(0, 3, 'speaker_added', { participant: person('ben', { csrc: 2 }) }),
  event(10, 4, 'speaker_added', { participant: person('ana', { role: 'host' }) }),
  event(1_000, 5, 'participant_unmuted', { participant_id: 'pa_ben' }),
  '{"kind":"heard","at_ms":1200,"csrcs":[2]}',
  '{"kind":"heard","at_ms":2500,"csrcs":[]}',
  '{"kind":"something newer","at_ms":2600}',
  event(3_000, 6, 'speaker_removed', { participant_id: 'pa_ben', reason: 'left' }),
  event(9_000, 7, 'space_ended', { ended_at: '2026-11-26T20:00:00.000Z' }),
  '{"kind":"event","at_ms":9000,"se',
].join('\n');

describe('the stage of a recording', () => {
  const log = readLog(parseLog(LOG), spaceOf({ you: 'ana', stage: [] }).space);
  const names = (at_ms: number) => stageAt(log, at_ms).map((one) => `${one.handle}${one.muted ? ' muted' : ''}`);

  it('is what it was at each moment', () => {
    expect(names(0)).toEqual(['ben muted']);
    expect(names(999)).toEqual(['ben muted', 'ana muted']);
    expect(names(1_000)).toEqual(['ben', 'ana muted']);
    expect(names(3_000)).toEqual(['ana muted']);
  });

  it('stays as it was to the very end', () => {
    expect(names(60_000)).toEqual(['ana muted']);
  });

  it('gives everyone one place, the host the first', () => {
    expect(log.seats.map((one) => one.handle)).toEqual(['ana', 'ben']);
  });

  it('knows whose voice was heard', () => {
    expect([1_199, 1_200, 2_499, 2_500].map((at_ms) => heardAt(log, at_ms))).toEqual([[], [2], [2], []]);
  });
});

describe('the words', () => {
  const segment = (speaker: string, startTime: number, body: string) => ({
    speaker,
    startTime,
    endTime: startTime + 2,
    body,
    words: body.split(' ').map((word, place) => ({
      word, startTime: startTime + place * 0.5, endTime: startTime + place * 0.5 + 0.4,
    })),
  });
  const turns = readTranscript({
    segments: [
      segment('Ada', 0, 'The Analytical Engine weaves'),
      segment('Ada', 2.5, 'algebraic patterns, naïvely.'),
      segment('Ben', 5, 'Just as the loom'),
      { speaker: 'Ada', startTime: 60, endTime: 62, body: 'weaves flowers' },
    ],
  });

  it('of one person in a row are one turn', () => {
    expect(turns.map((turn) => [turn.speaker, turn.words.length])).toEqual([['Ada', 7], ['Ben', 4], ['Ada', 2]]);
  });

  it('are in step with the sound', () => {
    expect([-1, 0, 4_999, 5_000, 61_500].map((at_ms) => turnAt(turns, at_ms))).toEqual([-1, 0, 0, 1, 2]);
    expect(wordAt(turns[0]!, 1_600)).toBe(3);
    expect(wordAt(turns[2]!, 61_000)).toBe(1);
  });

  it.each([
    ['weaves', [[0, 3], [2, 0]]],
    ['ENGINE weav', [[0, 2]]],
    ['patterns naively', [[0, 5]]],
    ['engine loom', []],
    ['  ', []],
  ])('are found: %j', (query, expected) => {
    expect(find(turns, query).map((one) => [one.turn, one.from])).toEqual(expected);
  });
});

describe('a link into a recording', () => {
  it('leads to the second in which the quote begins', () => {
    expect(linkTo('https://live.example/spaces/sp_1', 75_900)).toBe('https://live.example/spaces/sp_1?t=75');
  });

  it.each([
    ['75', 75_000], ['1m15s', 75_000], ['1:15', 75_000], ['1:01:15', 3_675_000], ['1h', 3_600_000],
    ['', null], ['soon', null], [null, null],
  ])('says %j: %j ms', (t, expected) => {
    expect(placeOf(t)).toBe(expected);
  });
});

describe('the form that is played', () => {
  const recording = {
    audio: { ogg: '/a.ogg', mp3: null, m4a: '/a.m4a' },
  } as unknown as Recording;

  it('is M4A in Safari and Ogg elsewhere, the others after it', () => {
    expect(playable(recording, true)).toEqual(['/a.m4a', '/a.ogg']);
    expect(playable(recording, false)).toEqual(['/a.ogg', '/a.m4a']);
  });
});

it('a waveform is the loudest of each stretch, scaled to the loudest of all', () => {
  expect(peaks({ data: [0, 10, -20, 5, 40, 0] }, 3)).toEqual([0.25, 0.5, 1]);
  expect(peaks(null, 3)).toEqual([]);
});
