/** Who a card names: the host first, then whoever else is on stage. */
import type { Host, ListedSpace } from '../../api-types.ts';
import { t } from '../../i18n.ts';

/** More faces than this are a crowd, and tell nobody apart. */
const MOST_SHOWN = 4;
const MOST_NAMED = 2;

export function shownOf(space: ListedSpace): Host[] {
  return [space.host, ...others(space)].slice(0, MOST_SHOWN);
}

/** "Ada Lovelace", "Ada Lovelace, Ben", "Ada Lovelace, Ben and 3 more" */
export function namesOf(space: ListedSpace): string {
  const named = shownOf(space).slice(0, MOST_NAMED);
  const names = named.map((one) => one.display_name).join(t('home.comma'));
  const more = 1 + others(space).length - named.length;
  return more > 0 ? t('home.and_more', { names, count: more }) : names;
}

function others(space: ListedSpace): Host[] {
  return space.speakers.filter((one) => one.handle !== space.host.handle);
}
