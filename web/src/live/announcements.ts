/**
 * Which events are told to the person they concern, in one sentence (a translation key).
 * Only what happened to oneself: who speaks or comes and goes is seen, not read out.
 */
import type { SpaceEvent } from './protocol.ts';
import type { SpaceView } from './space-state.ts';
import { me } from './view.ts';

export type Announcement =
  | 'said.called_up'
  | 'said.moved_to_audience'
  | 'said.lost_the_stage'
  | 'said.muted_by_somebody'
  | 'said.microphone_taken'
  | 'said.microphone_given'
  | 'said.made_cohost'
  | 'said.no_longer_cohost'
  | 'said.request_declined'
  | 'said.invitation_withdrawn';

/** Somebody wants this person on the stage: a tone, because the page may not be looked at. */
export function isCall(before: SpaceView, event: SpaceEvent, said: Announcement | null): boolean {
  if (said === 'said.called_up') return true;
  return event.name === 'invited_to_speak' && event.data.participant_id === before.you.participant_id && event.seq > before.seq;
}

/** `before` is the state the event is applied to; `didIt` says that this page asked for it itself. */
export function announce(before: SpaceView, event: SpaceEvent, didIt: boolean): Announcement | null {
  const mine = before.you.participant_id;
  if (event.seq <= before.seq) return null;
  if (event.name === 'speaker_added') {
    const { id, role } = event.data.participant;
    // A host walks onto the stage without being called.
    return id === mine && role !== 'host' && me(before) === undefined ? 'said.called_up' : null;
  }
  // Nobody acts on the host: what happens there is the host's own doing, on another device perhaps.
  if (me(before)?.role === 'host') return null;
  if (!('participant_id' in event.data) || event.data.participant_id !== mine || didIt) return null;
  switch (event.name) {
    case 'speaker_removed':
      if (event.data.reason === 'moved_to_audience') return 'said.moved_to_audience';
      return event.data.reason === 'lost' ? 'said.lost_the_stage' : null;
    case 'participant_muted':
      return me(before)?.muted === false ? 'said.muted_by_somebody' : null;
    case 'microphone_taken':
      return 'said.microphone_taken';
    case 'microphone_given':
      return 'said.microphone_given';
    case 'role_changed':
      return event.data.role === 'cohost' ? 'said.made_cohost' : 'said.no_longer_cohost';
    case 'request_declined':
      return 'said.request_declined';
    case 'invitation_withdrawn':
      return 'said.invitation_withdrawn';
    default:
      return null;
  }
}
