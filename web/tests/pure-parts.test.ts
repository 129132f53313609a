import { describe, expect, it } from 'vitest';

import { chooseLanguage } from '../src/i18n.ts';
import { pathToGoOn } from '../src/routes/go-on.ts';
import { hueOf, initials } from '../src/ui/face.ts';

describe('initials', () => {
  it.each([
    ['Ada Lovelace', 'AL'],
    ['ben', 'B'],
    ['Ana de Armas', 'AA'],
    ['  ', ''],
    ['李 小龙', '李小'],
    ['👩‍🚀 Sam', '👩‍🚀S'],
  ])('of %j are %j', (name, expected) => {
    expect(initials(name)).toBe(expected);
  });
});

describe('the language', () => {
  it('is the first wanted one that we have', () => {
    expect(chooseLanguage(['fr-FR', 'de-AT', 'en'])).toBe('de');
  });

  it('is English when we have none of them', () => {
    expect(chooseLanguage(['fr', 'eo'])).toBe('en');
  });
});

describe('where a form leads', () => {
  const goOn = (next: string) => pathToGoOn(new URL(`https://voxhall.example/sign-in?next=${encodeURIComponent(next)}`));

  it('is the page that sent there', () => {
    expect(goOn('/spaces/sp_1?a=b')).toBe('/spaces/sp_1?a=b');
  });

  it.each(['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)'])(
    'is never another site: %s',
    (next) => {
      expect(goOn(next)).toBe('/');
    },
  );
});

describe('the hue of a face', () => {
  it('is one of twelve, the same for the same handle', () => {
    const hues = new Set(Array.from({ length: 500 }, (_, one) => hueOf(`person_${one}`)));
    expect([...hues].sort((one, other) => one - other)).toEqual(Array.from({ length: 12 }, (_, step) => step * 30));
    expect(hueOf('ada')).toBe(hueOf('ada'));
  });
});
