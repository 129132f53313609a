import { expect, test } from 'vitest';

import { marked } from '../src/routes/search/marked.ts';

const found = (text: string, q: string): string[] => marked(text, q).filter((one) => one.isFound).map((one) => one.text);

test('beginnings of words are marked, and the text stays whole', () => {
  expect(found('The Fossils of Łódź do not float', 'fos łó')).toEqual(['Fos', 'Łó']);
  expect(found('nothing here', 'x')).toEqual([]);
  expect(marked('<b>Fossils</b>', 'fossils b').map((one) => one.text).join('')).toBe('<b>Fossils</b>');
  expect(found('fossil', '.*[')).toEqual([]);
});
