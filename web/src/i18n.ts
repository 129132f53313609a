/**
 * Words in the reader's language. One file per language, fetched alone; chosen before the first page is drawn,
 * so `t` needs no store: changing the language reloads the page.
 */
import i18next from 'i18next';
import type { ApiError } from './api.ts';

const files = {
  en: () => import('./locales/en.json'),
  de: () => import('./locales/de.json'),
};

export type Language = keyof typeof files;

export function chooseLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const language = tag.toLowerCase().split('-')[0] ?? '';
    if (language in files) return language as Language;
  }
  return 'en';
}

export async function loadLanguage(): Promise<void> {
  if (i18next.isInitialized) return;
  const language = chooseLanguage(navigator.languages);
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

export function t(key: string, values?: Record<string, string | number>): string {
  return values === undefined ? i18next.t(key) : i18next.t(key, values);
}

/** The sentence for a refusal: ours in the reader's language where we have one, else the server's. */
export function errorSentence(error: { code: string; message: string } | ApiError): string {
  const key = `error.${error.code}`;
  return i18next.exists(key) ? i18next.t(key) : error.message || i18next.t('error.unknown');
}

export function formatTime(iso: string): string {
  return new Intl.DateTimeFormat(i18next.language, { dateStyle: 'full', timeStyle: 'short' }).format(
    new Date(iso),
  );
}
