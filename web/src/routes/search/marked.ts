/** The words of a question within a text, as the server looks for them: by their beginnings. Pure. */

export interface Piece {
  text: string;
  isFound: boolean;
}

const WORD = /[\p{L}\p{N}\p{M}]+/gu;

export function marked(text: string, q: string): Piece[] {
  const wanted = [...q.toLocaleLowerCase().matchAll(WORD)].map(([word]) => word);
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of text.matchAll(WORD)) {
    const word = match[0].toLocaleLowerCase();
    const found = wanted.filter((one) => word.startsWith(one)).sort((one, other) => other.length - one.length)[0];
    if (found === undefined) continue;
    const end = match.index + found.length;
    pieces.push({ text: text.slice(done, match.index), isFound: false }, { text: text.slice(match.index, end), isFound: true });
    done = end;
  }
  return [...pieces, { text: text.slice(done), isFound: false }].filter((piece) => piece.text !== '');
}
