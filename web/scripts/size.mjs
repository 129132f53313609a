// Fails when the script a page needs before its first sound outgrows the budget (gzip, as a browser fetches it).
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** 100 kB is what the design promises for the space page; 1 kB = 1,000 bytes. */
const BUDGET_BYTES = 100_000;
const PAGE = 'src/routes/spaces/[id]/+page.svelte';

const root = new URL('../', import.meta.url);
const client = new URL('.svelte-kit/output/client/', root);
const nodes = '.svelte-kit/generated/build/client-optimized/nodes/';

/** @typedef {{ file: string, imports?: string[], isEntry?: boolean, name?: string }} Chunk */
/** @type {Record<string, Chunk>} */
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', client), 'utf8'));

/** @param {string} name */
function nodeImporting(name) {
  const node = readdirSync(new URL(nodes, root)).find((file) =>
    readFileSync(new URL(nodes + file, root), 'utf8').includes(name),
  );
  if (node === undefined) throw new Error(`no built page imports ${name}`);
  return nodes + node;
}

/** @param {string} key @param {Set<string>} seen */
function collect(key, seen) {
  const chunk = manifest[key];
  if (chunk === undefined || seen.has(key)) return;
  seen.add(key);
  for (const imported of chunk.imports ?? []) collect(imported, seen);
}

/** @type {Set<string>} */
const needed = new Set();
for (const key of Object.keys(manifest)) {
  if (/client\/(client-)?entry\.js$|client-optimized\/app\.js$/.test(key)) collect(key, needed);
}
collect(nodeImporting('src/routes/+layout.svelte'), needed);
collect(nodeImporting(PAGE), needed);
// One language is fetched, of it what stands on the door; the largest counts.
const languages = Object.keys(manifest).filter((key) => /^src\/locales\/.*\?door$/.test(key));
if (languages.length === 0) throw new Error('the manifest names no words');
const sizes = [...needed].map((key) => size(key));
const total = sizes.reduce((sum, bytes) => sum + bytes, 0) + Math.max(...languages.map((key) => size(key)));

/** @param {string} key */
function size(key) {
  const file = manifest[key]?.file ?? '';
  return gzipSync(readFileSync(fileURLToPath(new URL(file, client)))).length;
}

console.log(`space page: ${total} bytes of script (gzip) in ${needed.size + 1} files, ${BUDGET_BYTES} allowed`);
if (total > BUDGET_BYTES) process.exit(1);
