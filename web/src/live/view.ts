/** Questions a page asks of the space's state. Pure; the answers are never stored beside it. */
import type { Participant, Role } from './protocol.ts';
import type { SpaceView } from './space-state.ts';

export function me(state: SpaceView): Participant | undefined {
  return state.stage.find((one) => one.id === state.you.participant_id);
}

export function myRole(state: SpaceView): Role {
  return me(state)?.role ?? 'listener';
}

export function hasRequested(state: SpaceView): boolean {
  return state.requests.some((one) => one.participant_id === state.you.participant_id);
}

/** By a host or co-host, onto the stage. */
export function isInvited(state: SpaceView): boolean {
  return state.invitations.includes(state.you.participant_id);
}

/** The host is recognised by place: first. The others stay in the order in which they came. */
export function hostFirst(stage: readonly Participant[]): Participant[] {
  return [...stage.filter((one) => one.role === 'host'), ...stage.filter((one) => one.role !== 'host')];
}

/** Hosts act on everybody but themselves, co-hosts on speakers and listeners only. */
export function canManage(state: SpaceView, person: Participant): boolean {
  if (person.id === state.you.participant_id) return false;
  const role = myRole(state);
  return role === 'host' || (role === 'cohost' && person.role === 'speaker');
}

export function seesRequests(state: SpaceView): boolean {
  const role = myRole(state);
  return role === 'host' || role === 'cohost';
}

/** Of those whom a list of a moment ago names: nobody who has stepped onto the stage since. */
export function stillListening<One extends { id: string }>(state: SpaceView, listed: readonly One[]): readonly One[] {
  return listed.filter((one) => state.stage.every(({ id }) => id !== one.id));
}
