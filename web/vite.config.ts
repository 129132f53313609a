import { readFileSync } from 'node:fs';

import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

import { partOf, type Words } from './src/locales/door.ts';

// Where `npm run dev` sends what it does not serve itself: a running `voxhall serve`.
const server = process.env['VOXHALL_SERVER'] ?? 'http://localhost:8400';

/**
 * SvelteKit's page announcer carries a style attribute, which our content security policy refuses;
 * theme.css hides the element instead.
 */
const announcerWithoutInlineStyle: Plugin = {
  name: 'announcer-without-inline-style',
  enforce: 'pre',
  transform: {
    filter: { id: /runtime\/components\/root\.svelte$/ },
    handler: (code) => code.replace(/(id="svelte-announcer"[^>]*?)\sstyle="[^"]*"/, '$1'),
  },
};

/** `en.json?door` and `en.json?rest`: see src/locales/door.ts. */
const wordsInTwoParts: Plugin = {
  name: 'words-in-two-parts',
  enforce: 'pre',
  load: {
    filter: { id: /\/locales\/\w+\.json\?(?:door|rest)$/ },
    handler(id) {
      const [file = '', part] = id.split('?');
      this.addWatchFile(file);
      const words = partOf(JSON.parse(readFileSync(file, 'utf8')) as Words, part as 'door' | 'rest');
      return { code: `export default ${JSON.stringify(words)}`, moduleType: 'js' };
    },
  },
};

export default defineConfig({
  plugins: [
    announcerWithoutInlineStyle,
    wordsInTwoParts,
    sveltekit({
      adapter: adapter({
        pages: '../src/voxhall/static',
        assets: '../src/voxhall/static',
        fallback: 'index.html',
        precompress: true,
      }),
      // A page looks for a newer build when it is looked at again, not every minute.
      version: { pollInterval: 0 },
    }),
  ],
  server: { proxy: { '/api': { target: server, ws: true }, '/mark': server } },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
