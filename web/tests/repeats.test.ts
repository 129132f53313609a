import i18next from 'i18next';
import { beforeAll, describe, expect, it } from 'vitest';

import ar from '../src/locales/ar.json';
import de from '../src/locales/de.json';
import en from '../src/locales/en.json';
import { inWords, noRepeats, offered, ruleOf } from '../src/routes/spaces/repeats.ts';

// A Tuesday, and the fourth one of its month.
const START = '2026-11-24T20:00';

beforeAll(async () => {
  const resources = { en: { translation: en }, de: { translation: de }, ar: { translation: ar } };
  await i18next.init({ lng: 'en', resources, interpolation: { escapeValue: false } });
});

describe('what is offered', () => {
  it('fits the day on which it begins', () => {
    expect(offered(START)).toEqual([
      'FREQ=DAILY',
      'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR',
      'FREQ=WEEKLY',
      'FREQ=WEEKLY;INTERVAL=2',
      'FREQ=MONTHLY;BYDAY=4TU',
      'FREQ=MONTHLY;BYMONTHDAY=24',
    ]);
    expect(offered('2026-11-29T20:00')).toContain('FREQ=MONTHLY;BYDAY=-1SU');
    expect(offered('2026-11-29T20:00')).not.toContain('FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR');
  });
});

describe('the rule of a form', () => {
  it('is none, one of those offered, or put together', () => {
    const repeats = noRepeats();
    expect(ruleOf(repeats, START)).toBeNull();
    expect(ruleOf({ ...repeats, pattern: 'FREQ=DAILY', ends: 'on', until: '2027-06-01' }, START)).toBe(
      'FREQ=DAILY;UNTIL=20270601',
    );
    expect(ruleOf({ ...repeats, pattern: 'custom', interval: '3', days: ['SU'], ends: 'after', count: '4' }, START)).toBe(
      'FREQ=WEEKLY;INTERVAL=3;BYDAY=TU,SU;COUNT=4',
    );
    expect(ruleOf({ ...repeats, pattern: 'custom', unit: 'MONTHLY' }, START)).toBe('FREQ=MONTHLY;INTERVAL=2');
  });
});

describe('a rule in words', () => {
  const start = '2026-11-24T19:00:00Z';
  it.each([
    ['FREQ=DAILY', 'Every day'],
    ['FREQ=WEEKLY', 'Every week on Tuesday'],
    ['FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH', 'Every 2 weeks on Tuesday and Thursday'],
    ['FREQ=MONTHLY;BYDAY=-1FR;COUNT=3', 'Every month on the last Friday, 3 times'],
    ['FREQ=MONTHLY;BYMONTHDAY=24', 'Every month on day 24 of the month'],
    ['FREQ=MONTHLY', 'Every month on day 24 of the month'],
    ['FREQ=YEARLY;UNTIL=20300601T215959Z', 'Every year on November 24, until June 1, 2030'],
  ])('%s', (rule, words) => {
    expect(inWords(rule, start, 'Europe/Berlin')).toBe(words);
  });

  it('is read in the zone of its host', () => {
    expect(inWords('FREQ=WEEKLY', '2026-11-24T23:30:00Z', 'Europe/Berlin')).toBe('Every week on Wednesday');
  });
});
