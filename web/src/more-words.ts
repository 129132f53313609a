/** Words that few pages say, fetched with those pages: what every page loads stays small. */
import i18next from 'i18next';

import type { Language } from './i18n.ts';

const parts = {
  doctor: {
    en: () => import('./locales/en/doctor.json'),
    de: () => import('./locales/de/doctor.json'),
    ar: () => import('./locales/ar/doctor.json'),
  },
};

/** For a page's `load`, after its parent's: what `t` says from then on knows these words too. */
export async function loadWords(part: keyof typeof parts): Promise<void> {
  const language = i18next.language as Language;
  const words = await parts[part][language]();
  i18next.addResourceBundle(language, 'translation', words.default, true);
}
