/** The languages a host may name, in the reader's own words, theirs first. */
import { languageTag } from '../../../i18n.ts';

const OFFERED = [
  'ar', 'bn', 'cs', 'da', 'de', 'el', 'en', 'es', 'fa', 'fi', 'fr', 'he', 'hi', 'hu', 'id', 'it', 'ja', 'ko', 'nl',
  'no', 'pl', 'pt', 'ro', 'ru', 'sv', 'sw', 'ta', 'th', 'tr', 'uk', 'ur', 'vi', 'zh',
];

export function languageOptions(anyLabel: string): { value: string; label: string }[] {
  const own = languageTag().split('-')[0] ?? 'en';
  const names = new Intl.DisplayNames(languageTag(), { type: 'language' });
  const all = OFFERED.map((value) => ({ value, label: names.of(value) ?? value }));
  const collator = new Intl.Collator(languageTag());
  all.sort((one, other) => collator.compare(one.label, other.label));
  const first = all.filter(({ value }) => value === own);
  return [...first, { value: '', label: anyLabel }, ...all.filter(({ value }) => value !== own)];
}

export function ownLanguage(): string {
  return languageTag().split('-')[0] ?? '';
}
