/**
 * The words of one language in two parts: those of a space's door with the frame around it, which are fetched before the
 * first sound, and all others. One file a language stays for whoever translates. Pure; used while building.
 */

/** Whole sections, or single keys of them (with their plurals). web/tests/house.test.ts knows when one is missing. */
const DOOR = [
  'frame',
  'space',
  'error',
  'listeners',
  'account.sign_in',
  'home.hosted_by',
  'home.live_mark',
  'news.title',
  'news.unread',
  'recording.will_be',
  'replay.loading',
  'search.title',
];

export interface Words {
  [key: string]: string | Words;
}

export function isDoor(key: string): boolean {
  const stem = key.replace(/_(zero|one|two|few|many|other)$/, '');
  return DOOR.some((one) => [key, stem].includes(one) || key.startsWith(`${one}.`));
}

export function partOf(words: Words, part: 'door' | 'rest', prefix = ''): Words {
  const kept: Words = {};
  for (const [key, value] of Object.entries(words)) {
    const path = prefix + key;
    if (typeof value === 'string') {
      if (isDoor(path) === (part === 'door')) kept[key] = value;
    } else {
      const inner = partOf(value, part, `${path}.`);
      if (Object.keys(inner).length > 0) kept[key] = inner;
    }
  }
  return kept;
}
