import { describe, expect, it } from 'vitest';

import { VoiceWatch } from '../src/live/level.ts';

const STEP_MS = 100;

/** Hears one level for a while, in steps of 100 ms; answers when that was over. */
function hear(watch: VoiceWatch, level: number, from_ms: number, for_ms: number): number {
  for (let at_ms = from_ms; at_ms < from_ms + for_ms; at_ms += STEP_MS) watch.hear(level, at_ms);
  return from_ms + for_ms;
}

const VOICE = 0.1;
const QUIET_PLACE = 0.001;
const NOTHING = 0;

describe('a microphone', () => {
  it('is silent after three seconds without the faintest sound', () => {
    const watch = new VoiceWatch();
    hear(watch, NOTHING, 0, 3_100);
    expect(watch.isSilent(2_900)).toBe(false);
    expect(watch.isSilent(3_100)).toBe(true);
  });

  it('in a quiet place is not silent', () => {
    const watch = new VoiceWatch();
    expect(watch.isSilent(hear(watch, QUIET_PLACE, 0, 10_000))).toBe(false);
  });

  it('is silent no longer with the first sound', () => {
    const watch = new VoiceWatch();
    const at_ms = hear(watch, NOTHING, 0, 5_000);
    expect(watch.isSilent(hear(watch, VOICE, at_ms, 100))).toBe(false);
  });
});

describe('somebody', () => {
  it('talks after half a second of voice', () => {
    const watch = new VoiceWatch();
    expect(watch.isTalking(hear(watch, VOICE, 0, 700))).toBe(true);
  });

  it('who coughs does not', () => {
    const watch = new VoiceWatch();
    expect(watch.isTalking(hear(watch, VOICE, 0, 300))).toBe(false);
  });

  it('who coughs again and again does not either', () => {
    const watch = new VoiceWatch();
    let at_ms = 0;
    for (let cough = 0; cough < 5; cough += 1) {
      at_ms = hear(watch, VOICE, at_ms, 300);
      at_ms = hear(watch, QUIET_PLACE, at_ms, 700);
    }
    expect(watch.isTalking(at_ms)).toBe(false);
  });

  it('is not reminded of what was said before the microphone was muted', () => {
    const watch = new VoiceWatch();
    const at_ms = hear(watch, VOICE, 0, 700);
    watch.forgetTalk();
    expect(watch.isTalking(at_ms)).toBe(false);
  });
});
