/**
 * Words in the reader's language, which is chosen before the first page is drawn, so `t` needs no store: changing the
 * language reloads the page. One language is fetched, in two parts: a space's door needs few words before its first sound.
 */
import i18next from 'i18next';
import type { ApiError } from './api.ts';

const files = {
  en: { door: () => import('./locales/en.json?door'), rest: () => import('./locales/en.json?rest') },
  de: { door: () => import('./locales/de.json?door'), rest: () => import('./locales/de.json?rest') },
  ar: { door: () => import('./locales/ar.json?door'), rest: () => import('./locales/ar.json?rest') },
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

/** The words of the frame and of a space's door. */
export async function loadLanguage(): Promise<void> {
  if (i18next.isInitialized) return;
  const language = chosenLanguage() ?? chooseLanguage(navigator.languages);
  const words = await files[language].door();
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

let rest: Promise<void> | null = null;

/** All other words, too. */
export function loadAllWords(): Promise<void> {
  rest ??= loadRest().catch((error: unknown) => {
    // Worth another try, at the next page or tap.
    rest = null;
    throw error;
  });
  return rest;
}

/** For a part of a space's page whose script is fetched when it is wanted: drawn once its words are there, too. */
export async function withWords<Part>(part: Promise<Part>): Promise<Part> {
  const [fetched] = await Promise.all([part, loadAllWords()]);
  return fetched;
}

async function loadRest(): Promise<void> {
  const language = i18next.language as Language;
  const words = await files[language].rest();
  i18next.addResourceBundle(language, 'translation', words.default, true);
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
