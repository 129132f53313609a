/** Whose server this is: it writes its name and its mark into the page, so that an operator's stand everywhere. */
const NAME = 'Voxhall';
const MARK = '/mark';

export const site = {
  get name(): string {
    return document.querySelector<HTMLMetaElement>('meta[name="application-name"]')?.content || NAME;
  },
  /** The address of the picture that the browser's tab shows, too. */
  get mark(): string {
    return document.querySelector<HTMLLinkElement>('link[rel="icon"]')?.getAttribute('href') ?? MARK;
  },
};

/** The window's title: what the page is about, then whose page it is. */
export function titleOf(...parts: (string | undefined)[]): string {
  return [...parts.filter(Boolean), site.name].join(' · ');
}
