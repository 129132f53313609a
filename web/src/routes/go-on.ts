interface PageAddress {
  readonly origin: string;
  readonly searchParams: Pick<URLSearchParams, 'get'>;
}

/** Where a form leads when it is done: `?next=`, and only ever a page of this site. */
export function pathToGoOn(address: PageAddress): string {
  const next = address.searchParams.get('next') ?? '/';
  if (!next.startsWith('/')) return '/';
  const target = new URL(next, address.origin);
  return target.origin === address.origin ? target.pathname + target.search : '/';
}
