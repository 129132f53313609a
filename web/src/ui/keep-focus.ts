/**
 * The focus of a button that vanishes (its person left the stage, its notice was read) falls to the page's body, where a
 * keyboard has to start again from the top. Here it goes on to the main action instead, or to the page's heading.
 */
import type { Attachment } from 'svelte/attachments';

export const keepFocus: Attachment<HTMLElement> = (root) => {
  let last: EventTarget | null = null;
  const remember = (event: FocusEvent): void => {
    last = event.target;
  };
  const watcher = new MutationObserver(() => {
    if (!(last instanceof Element) || last.isConnected) return;
    last = null;
    if (document.activeElement === document.body) goOn(root);
  });
  root.addEventListener('focusin', remember);
  watcher.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener('focusin', remember);
    watcher.disconnect();
  };
};

function goOn(root: HTMLElement): void {
  const target = root.querySelector<HTMLElement>('[data-main-action]') ?? root.querySelector('h1');
  if (target instanceof HTMLHeadingElement) target.tabIndex = -1;
  target?.focus({ preventScroll: true });
}
