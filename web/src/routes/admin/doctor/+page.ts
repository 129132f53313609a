import { loadWords } from '../../../more-words.ts';

export async function load({ parent }: { parent: () => Promise<unknown> }): Promise<void> {
  await parent();
  await loadWords('doctor');
}
