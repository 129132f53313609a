// The page may hold no inline script (the server's policy is script-src 'self'), and SvelteKit starts the
// app with one. This moves it, unchanged, into a file named by its content, and fails if any is left.
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const site = new URL('../../src/voxhall/static/', import.meta.url);
const page = fileURLToPath(new URL('index.html', site));
const inlineScript = /<script>([\s\S]*?)<\/script>/g;

let html = readFileSync(page, 'utf8');
html = html.replaceAll(inlineScript, (_, /** @type {string} */ code) => {
  const hash = createHash('sha256').update(code).digest('base64url').slice(0, 10);
  const path = `_app/immutable/start-${hash}.js`;
  writeFileSync(new URL(path, site), `${code.trim()}\n`);
  // A classic script, in place: SvelteKit's code finds its element by document.currentScript.
  return `<script src="/${path}"></script>`;
});
if (/<script(?![^>]*\ssrc=)|\sstyle="|\son\w+="/.test(html)) {
  throw new Error('index.html still holds something inline that the content security policy refuses');
}
writeFileSync(page, html);
// Compressed before it was changed; so small a page goes out as it is.
for (const ending of ['.br', '.gz']) rmSync(page + ending, { force: true });
