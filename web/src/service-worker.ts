/// <reference lib="webworker" />
/**
 * Keeps the shell of the pages, so that without a network they still open and say what is so. Never in the way of the
 * sound: it answers for pages and for our own built files, for nothing of the API and no recording.
 */
import { assets, immutable } from '$app/manifest';

const worker = self as unknown as ServiceWorkerGlobalScope;
const SHELL = '/';
/** The app's entry names every other file by its content, so its own name is that of the whole build. */
const KEPT = `voxhall ${immutable.find(({ path }) => path.includes('/entry/app.'))?.path ?? ''}`;
/** What a page without a network is made of; a picture for a home screen is not. */
const NEEDED = [...immutable, ...assets.filter(({ path }) => path.endsWith('.svg'))].map(({ path }) => `/${path.replace(/^\//, '')}`);

worker.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(KEPT)
      .then((cache) => cache.addAll([SHELL, ...NEEDED]))
      .then(() => worker.skipWaiting()),
  );
});

worker.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== KEPT).map((name) => caches.delete(name))))
      .then(() => worker.clients.claim()),
  );
});

worker.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (url.pathname.startsWith('/_app/immutable/')) event.respondWith(fromCache(request));
  else if (url.pathname.startsWith('/api/')) return;
  else if (request.mode === 'navigate') event.respondWith(fromNetwork(request, SHELL));
  else if (url.pathname.endsWith('.svg')) event.respondWith(fromNetwork(request, request));
});

/** Named by their content: what is kept is right for ever. */
async function fromCache(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
}

async function fromNetwork(request: Request, otherwise: Request | string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(otherwise);
    if (kept === undefined) throw error;
    return kept;
  }
}
