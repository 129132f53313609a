/** To a provider of sign-in and back: the address comes from our server, and what goes along waits in this tab. */
import { request } from '../api.ts';
import type { Begun } from '../api-types.ts';

const INVITE = 'voxhall.openid.invite';

/** Leaves this page; to link, whoever is signed in. Throws ApiError where the provider is not to be had. */
export async function goToProvider(id: string, next: string, wish: { link?: boolean; invite?: string | undefined } = {}): Promise<void> {
  const path = wish.link ? '/me/identities' : '/sessions/openid';
  const { url } = await request<Begun>('POST', `${path}/${encodeURIComponent(id)}`, { next });
  if (wish.invite === undefined) sessionStorage.removeItem(INVITE);
  else sessionStorage.setItem(INVITE, wish.invite);
  location.assign(url);
}

/** The code of the invitation with which somebody left for a provider. */
export const inviteBroughtBack = (): string | null => sessionStorage.getItem(INVITE);
