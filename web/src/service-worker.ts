/// <reference lib="webworker" />
/**
 * Keeps the shell of the pages, so that without a network they still open and say what is so. Never in the way of the
 * sound: it answers for pages and for our own built files, for nothing of the API and no recording.
 */
import { immutable } from '$app/manifest';

const worker = self as unknown as ServiceWorkerGlobalScope;
const SHELL = '/';
/** The app's entry names every other file by its content, so its own name is that of the whole build. */
const KEPT = `voxhall ${immutable.find(({ path }) => path.includes('/entry/app.'))?.path ?? ''}`;
/**
 * Whose server it is. The server writes its version behind this script: where an operator changes the name, the accent or
 * the logo, the browser installs the script again, and with it keeps all of this anew.
 */
const BRAND = ['/mark', '/brand.css'];
/** What a page without a network is made of; a picture for a home screen is not. */
const NEEDED = [...immutable.map(({ path }) => `/${path.replace(/^\//, '')}`), ...BRAND];

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
  else if (BRAND.includes(url.pathname)) event.respondWith(fromNetwork(request, url.pathname));
});

/** What the server sends, encrypted for this browser alone (docs/notifications.md). */
interface News {
  id: string;
  title: string;
  body: string;
  path: string;
  tag: string;
  language: string;
  unsubscribe: string;
  stop: string;
}

worker.addEventListener('push', (event) => {
  const news = event.data?.json() as News | undefined;
  if (news !== undefined) event.waitUntil(show(news));
});

worker.addEventListener('notificationclick', (event) => {
  const news = event.notification.data as News;
  event.notification.close();
  event.waitUntil(event.action === 'stop' ? unsubscribe(news) : open(news.path));
});

/** One of a tag: what comes twice, or again about the same space, replaces what is there. */
async function show(news: News): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window' });
  // Who stands before it needs no knock at the door.
  if (pages.some((page) => page.visibilityState === 'visible' && new URL(page.url).pathname === news.path)) return;
  await worker.registration.showNotification(news.title, {
    body: news.body,
    tag: news.tag,
    lang: news.language,
    dir: 'auto',
    icon: '/icon-192.png',
    data: news,
    // Not in every browser, so not in the library's types.
    ...({ actions: [{ action: 'stop', title: news.stop }] } as object),
  });
}

async function open(path: string): Promise<void> {
  const pages = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = pages.find((page) => new URL(page.url).pathname === path);
  if (there !== undefined) await there.focus();
  else await worker.clients.openWindow(path);
}

async function unsubscribe(news: News): Promise<void> {
  await fetch(`/api/v1/unsubscribe/${news.unsubscribe}`, { method: 'POST' });
}

/** Named by their content: what is kept is right for ever. */
async function fromCache(request: Request): Promise<Response> {
  const kept = await caches.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await (await caches.open(KEPT)).put(request, answer.clone());
  return answer;
}

async function fromNetwork(request: Request, otherwise: string): Promise<Response> {
  try {
    return await fetch(request);
  } catch (error) {
    const kept = await caches.match(otherwise);
    if (kept === undefined) throw error;
    return kept;
  }
}
