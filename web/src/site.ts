/** What this installation is called: the server writes it into the page, so an operator's name stands everywhere. */
const NAME = 'Voxhall';

export const site = {
  get name(): string {
    return document.querySelector<HTMLMetaElement>('meta[name="application-name"]')?.content || NAME;
  },
};

/** The window's title: what the page is about, then whose page it is. */
export function titleOf(...parts: (string | undefined)[]): string {
  return [...parts.filter(Boolean), site.name].join(' · ');
}
