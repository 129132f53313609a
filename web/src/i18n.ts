/**
 * Words in the reader's language. One file per language, fetched alone; chosen before the first page is drawn,
 * so `t` needs no store: changing the language reloads the page.
 */
import i18next from 'i18next';
import type { ApiError } from './api.ts';

const files = {
  en: () => import('./locales/en.json'),
  de: () => import('./locales/de.json'),
  ar: () => import('./locales/ar.json'),
};

export type Language = keyof typeof files;

/** Each in its own words, for whoever cannot read the page as it is. */
export const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  ar: 'العربية',
};

const CHOICE = 'voxhall.language';

export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (Object.hasOwn(files, language)) return language as Language;
  }
  return 'en';
}

/** What the reader chose on this device; null while the browser's own wish counts. */
export function chosenLanguage(): Language | null {
  const chosen = localStorage.getItem(CHOICE);
  return chosen !== null && Object.hasOwn(files, chosen) ? (chosen as Language) : null;
}

/** Null gives the choice back to the browser. The page is read again from the top. */
export function switchLanguage(language: Language | null): void {
  if (language === null) localStorage.removeItem(CHOICE);
  else localStorage.setItem(CHOICE, language);
  location.reload();
}

export async function loadLanguage(): Promise<void> {
  if (i18next.isInitialized) return;
  const language = chosenLanguage() ?? chooseLanguage(navigator.languages);
  const words = await files[language]();
  await i18next.init({
    lng: language,
    resources: { [language]: { translation: words.default } },
    // Svelte escapes what it prints.
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  document.documentElement.lang = language;
  document.documentElement.dir = i18next.dir(language);
}

/** The tag that Intl wants; the words' language, so that a date never reads half in another. */
export function languageTag(): string {
  const language = i18next.language ?? 'en';
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? language;
}

export function t(key: string, values?: Record<string, string | number>): string {
  return values === undefined ? i18next.t(key) : i18next.t(key, values);
}

/** The sentence for a refusal: ours in the reader's language where we have one, else the server's. */
export function errorSentence(error: { code: string; message: string } | ApiError): string {
  const key = `error.${error.code}`;
  return i18next.exists(key) ? i18next.t(key) : error.message || i18next.t('error.unknown');
}
