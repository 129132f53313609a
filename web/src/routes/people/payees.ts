/** Who can be paid in a space, in the order of the sheet: whoever is heard now first, then as the server says. */
import { request } from '../../api.ts';
import type { PersonTips, Tips } from '../../api-types.ts';

export type Payee = Pick<PersonTips, 'handle' | 'display_name' | 'picture' | 'role' | 'tip_jar' | 'tip_jar_changed_at'>;

export async function payeesOf(space_id: string): Promise<readonly PersonTips[]> {
  return (await request<Tips>('GET', `/spaces/${encodeURIComponent(space_id)}/tips`)).items;
}

export function heardFirst<One extends Payee>(people: readonly One[], heard: readonly string[]): One[] {
  const isHeard = (one: One): boolean => heard.includes(one.handle);
  return [...people.filter(isHeard), ...people.filter((one) => !isHeard(one))];
}
