/** Rules of the house that a machine can keep: who imports whom, the words of every language, the size of files. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { isDoor } from '../src/locales/door.ts';

const source = fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.(ts|svelte|css)$/.test(file))
  .map((file) => ({ path: file, text: readFileSync(join(source, file), 'utf8') }));

/** Each folder may import what stands beside it here, and itself. */
const mayImport: Record<string, string[]> = {
  routes: ['live', 'replay', 'news', 'ui', 'api', 'api-types', 'account', 'format', 'i18n', 'more-words', 'site', 'appearance'],
  replay: ['live', 'api', 'api-types'],
  news: ['live', 'api', 'api-types', 'i18n'],
  live: ['api', 'api-types'],
  ui: [],
  account: ['api', 'api-types'],
  i18n: ['api', 'locales'],
  'more-words': ['i18n', 'locales'],
  format: ['i18n'],
  site: [],
  'service-worker': [],
  appearance: [],
  api: ['api-types'],
  'api-types': [],
};

const floorOf = (path: string): string => path.split('/')[0]?.split('.')[0] ?? '';

describe('imports', () => {
  it.each(files.filter(({ path }) => /\.(ts|svelte)$/.test(path)).map(({ path, text }) => [path, text]))(
    '%s looks down only',
    (path, text) => {
      for (const [, target = ''] of text.matchAll(/(?:from|import)\s*\(?'(\.{1,2}\/[^']+)'/g)) {
        const floor = floorOf(relative(source, join(source, dirname(path), target)));
        const own = floorOf(path);
        const allowed = floor === own || (mayImport[own] ?? []).includes(floor);
        expect(allowed, `${path} imports ${target}`).toBe(true);
      }
    },
  );
});

describe('words', () => {
  const english = wordsOf('en');
  const counted = new Set(
    [...english].filter(([key, text]) => key.endsWith('_other') && text.includes('{{count')).map(([key]) => key.slice(0, -6)),
  );
  const singular = (key: string): string => {
    const stem = key.replace(/_(zero|one|two|few|many|other)$/, '');
    return counted.has(stem) ? stem : key;
  };
  const all = { en: english, de: wordsOf('de'), ar: wordsOf('ar') };

  it.each(Object.entries(all))('of %s are the same ones, with the same gaps to fill', (_, words) => {
    expect([...new Set([...words.keys()].map(singular))].sort()).toEqual(
      [...new Set([...english.keys()].map(singular))].sort(),
    );
    for (const [key, text] of words) {
      const original = english.get(key) ?? english.get(`${singular(key)}_other`) ?? '';
      // "One person" needs no figure.
      const mayLeaveOut = key === singular(key) ? [] : ['count'];
      expect([...gaps(text), ...mayLeaveOut].sort(), key).toEqual(
        expect.arrayContaining(gaps(original)),
      );
      expect(gaps(original), key).toEqual(expect.arrayContaining(gaps(text)));
    }
  });

  it.each(Object.entries(all))('of %s have every plural that the language has', (language, words) => {
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of counted) {
      const missing = categories.filter((category) => !words.has(`${key}_${category}`));
      expect(missing, key).toEqual([]);
    }
  });

  it('that a space page needs before its first sound are fetched before it', () => {
    const pages = neededBy(['routes/+layout.svelte', 'routes/+layout.ts', 'routes/spaces/[id]/+page.svelte'])
      .filter((path) => path.startsWith('routes/'))
      .map((path) => ({ path, text: files.find((file) => file.path === path)?.text ?? '' }));
    expect(pages.length).toBeGreaterThan(5);
    for (const { path, text } of pages) {
      for (const [, key = ''] of text.matchAll(/['"`](\w+\.\w+)['"`]/g)) {
        if (english.has(key) || english.has(`${key}_other`)) expect(isDoor(key), `${path}: ${key}`).toBe(true);
      }
      for (const [, section = ''] of text.matchAll(/`(\w+)\.\$\{/g)) expect(isDoor(`${section}.any`), `${path}: ${section}`).toBe(true);
    }
  });

  it('exist for every key that the code names', () => {
    // Spelled out in the code, also where a key is chosen in one place and printed in another.
    const keys = /\bt\('([^']+)'|'((?:account|check|diagnosis|doctor|found|frame|home|keys|new|notice|offline|profile|recording|replay|said|settings|space|status|welcome)\.\w+)'/g;
    for (const { path, text } of files) {
      for (const [, printed, chosen] of text.matchAll(keys)) {
        const key = printed ?? chosen ?? '';
        expect(english.has(key) || english.has(`${key}_other`), `${path}: ${key}`).toBe(true);
      }
    }
  });
});

it('no file passes 400 lines', () => {
  // What the server describes is as long as it is, and written by a machine.
  const written = files.filter(({ path }) => path !== 'api-types.ts');
  const long = written.filter(({ text }) => text.split('\n').length > 400).map(({ path }) => path);
  expect(long).toEqual([]);
});

/** These files and all that they import at once, not in their own time by `import()`. */
function neededBy(paths: string[]): string[] {
  const seen = new Set(paths);
  for (const path of seen) {
    const text = files.find((file) => file.path === path)?.text ?? '';
    for (const [, target = ''] of text.matchAll(/^\s*import (?!type)[^;()]*?'(\.{1,2}\/[^']+)'/gm)) {
      seen.add(relative(source, join(source, dirname(path), target)));
    }
  }
  return [...seen];
}

/** What every page knows, and what some pages fetch besides. */
function wordsOf(language: string): Map<string, string> {
  const parts = [`${language}.json`, ...readdirSync(join(source, 'locales', language)).map((file) => join(language, file))];
  const words = parts.map((file) => JSON.parse(readFileSync(join(source, 'locales', file), 'utf8')) as object);
  return new Map(words.flatMap((part) => [...flatten(part)]));
}

function flatten(words: object, prefix = ''): Map<string, string> {
  return new Map(
    Object.entries(words).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'string' ? [[prefix + key, value] as const] : [...flatten(value as object, `${prefix}${key}.`)],
    ),
  );
}

function gaps(text: string): string[] {
  return [...text.matchAll(/\{\{(\w+)[^}]*\}\}/g)].map(([, name = '']) => name).sort();
}
