/** What stands for a person without a picture: letters and a hue, the same everywhere and always. Pure. */

/** One or two letters; whole characters, also outside the Latin alphabet. */
export function initials(name: string, most: 1 | 2 = 2): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const letters = words.length > 1 && most > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => firstCharacter(word ?? '')).join('').toLocaleUpperCase();
}

/** Twelve hues that are told apart at arm's length; 30 degrees each. */
export function hueOf(key: string): number {
  // FNV-1a: short names that differ in one letter lie far apart.
  let hash = 0x811c9dc5;
  for (const character of key) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return ((hash >>> 7) % 12) * 30;
}

function firstCharacter(word: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(word);
  return first?.segment ?? '';
}
