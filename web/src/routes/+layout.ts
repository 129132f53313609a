import { applyAppearance } from '../appearance.ts';
import { loadLanguage } from '../i18n.ts';

export const ssr = false;

export async function load(): Promise<void> {
  applyAppearance();
  await loadLanguage();
}
