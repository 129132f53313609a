import { describe, expect, it } from 'vitest';

import { PushToTalk, shortcutOf, type KeyFacts } from '../src/live/shortcuts.ts';

const free: KeyFacts = { key: 'm', hasModifier: false, isRepeat: false, isTyping: false, lettersAreOn: true };

describe('a letter', () => {
  it('is a shortcut, whether or not the shift key is held', () => {
    expect(shortcutOf(free)).toBe('toggle_mute');
    expect(shortcutOf({ ...free, key: 'R' })).toBe('request');
    expect(shortcutOf({ ...free, key: 'l' })).toBe('leave');
  });

  it.each([
    ['in a text field', { isTyping: true }],
    ['with a modifier', { hasModifier: true }],
    ['held down', { isRepeat: true }],
    ['when letters are switched off', { lettersAreOn: false }],
  ])('is none %s', (_, facts) => {
    expect(shortcutOf({ ...free, ...facts })).toBeNull();
  });

  it('leaves the list of keys to be opened when letters are switched off', () => {
    expect(shortcutOf({ ...free, key: '?', lettersAreOn: false })).toBe('help');
  });
});

describe('the space bar', () => {
  it('held opens the microphone for as long as it is held', () => {
    const key = new PushToTalk();
    expect(key.press(false, 0)).toBe('open');
    expect(key.press(true, 400)).toBeNull();
    expect(key.release(2_000)).toBe('close');
  });

  it('tapped turns the microphone on, and tapped again off', () => {
    const key = new PushToTalk();
    expect([key.press(false, 0), key.release(100)]).toEqual(['open', null]);
    expect([key.press(true, 1_000), key.release(1_100)]).toEqual([null, 'close']);
  });

  it('held while the microphone is on changes nothing', () => {
    const key = new PushToTalk();
    expect([key.press(true, 0), key.release(2_000)]).toEqual([null, null]);
  });

  it('closes when the window loses the keyboard in the middle of a word', () => {
    const key = new PushToTalk();
    key.press(false, 0);
    expect(key.interrupt()).toBe('close');
    expect(key.release(5_000)).toBeNull();
  });
});
