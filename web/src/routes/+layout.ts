import type { LoadEvent } from '@sveltejs/kit';

import { applyAppearance } from '../appearance.ts';
import { loadAllWords, loadLanguage } from '../i18n.ts';

export const ssr = false;

export async function load({ route }: LoadEvent): Promise<void> {
  applyAppearance();
  await loadLanguage();
  // A space's door is drawn with the few words it has; all else of that page brings its own along.
  if (route.id !== '/spaces/[id]') await loadAllWords();
}
