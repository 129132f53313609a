import { describe, expect, it } from 'vitest';

import { announce, isCall } from '../src/live/announcements.ts';
import type { EventData, EventName, SpaceEvent } from '../src/live/protocol.ts';
import { person, spaceOf } from './space-fixture.ts';

function event<Name extends EventName>(name: Name, data: EventData[Name], seq = 11): SpaceEvent {
  return { type: 'event', seq, at: '2026-11-22T19:02:00.000Z', name, data } as unknown as SpaceEvent;
}

const ana = person('ana', { role: 'host', muted: false });
const onStage = spaceOf({ you: 'ben', stage: [ana, person('ben', { muted: false })] });
const listening = spaceOf({ you: 'ben', stage: [ana] });
const ben = { participant_id: 'pa_ben' };

describe('what is told to the person it happened to', () => {
  it('being called up', () => {
    const added = event('speaker_added', { participant: person('ben') });
    expect(announce(listening, added, false)).toBe('said.called_up');
  });

  it('being muted by a host', () => {
    expect(announce(onStage, event('participant_muted', ben), false)).toBe('said.muted_by_somebody');
  });

  it('losing and regaining the microphone', () => {
    expect(announce(onStage, event('microphone_taken', ben), false)).toBe('said.microphone_taken');
    expect(announce(onStage, event('microphone_given', ben), false)).toBe('said.microphone_given');
  });

  it('being moved to the audience', () => {
    const moved = event('speaker_removed', { ...ben, reason: 'moved_to_audience' });
    expect(announce(onStage, moved, false)).toBe('said.moved_to_audience');
  });
});

describe('what is not told', () => {
  it('a host’s own way onto the stage', () => {
    const added = event('speaker_added', { participant: person('ben', { role: 'host' }) });
    expect(announce(spaceOf({ you: 'ben', stage: [] }), added, false)).toBeNull();
  });

  it('one’s own doing', () => {
    expect(announce(onStage, event('participant_muted', ben), true)).toBeNull();
  });

  it('what happens to others', () => {
    expect(announce(onStage, event('participant_muted', { participant_id: 'pa_ana' }), false)).toBeNull();
    expect(announce(onStage, event('speaker_added', { participant: person('cleo') }), false)).toBeNull();
  });

  it('what has been applied before', () => {
    expect(announce(onStage, event('participant_muted', ben, 10), false)).toBeNull();
  });
});

describe('what is heard as a call', () => {
  const called = (before: typeof listening, happened: SpaceEvent) => isCall(before, happened, announce(before, happened, false));

  it('being called up, and being invited', () => {
    expect(called(listening, event('speaker_added', { participant: person('ben') }))).toBe(true);
    expect(called(listening, event('invited_to_speak', ben))).toBe(true);
  });

  it('not what happens to others, nor what was told before', () => {
    expect(called(listening, event('invited_to_speak', { participant_id: 'pa_cleo' }))).toBe(false);
    expect(called(listening, event('invited_to_speak', ben, listening.seq))).toBe(false);
  });

  it('an invitation that is taken back is told', () => {
    expect(announce(listening, event('invitation_withdrawn', ben), false)).toBe('said.invitation_withdrawn');
  });
});
