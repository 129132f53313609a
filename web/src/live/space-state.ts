/**
 * What a page knows of one space: a pure function from (state, message) to state.
 * Replayed over tests/vectors/reducer.json, which the server's model replays too.
 */
import type { Space } from '../api-types.ts';
import type { Participant, ServerMessage, Snapshot, SpaceEvent, SpeakRequest } from './protocol.ts';

export type SpaceView = Omit<Snapshot, 'type'>;

/** Null until the first snapshot; nothing else means anything before it. */
export function reduce(state: SpaceView | null, message: ServerMessage): SpaceView | null {
  if (message.type === 'snapshot') {
    const { type: _, ...view } = message;
    return view;
  }
  if (state === null) return null;
  if (message.type === 'audience') return { ...state, listener_count: message.listener_count };
  if (message.type === 'media') return { ...state, media: message.state };
  if (message.type === 'interrupted') return { ...state, interrupted: message.participant_ids };
  if (message.type === 'disk') return { ...state, disk: message.state };
  if (message.type !== 'event' || message.seq <= state.seq) return state;
  return { ...state, ...change(state, message), seq: message.seq };
}

function change(state: SpaceView, event: SpaceEvent): Partial<SpaceView> {
  switch (event.name) {
    case 'space_started':
      return inSpace(state, { state: 'live', started_at: event.data.started_at });
    case 'space_ended':
      return {
        ...inSpace(state, {
          state: 'ended',
          ended_at: event.data.ended_at,
          recording: 'off',
          recording_problem: null,
        }),
        stage: [],
        requests: [],
        invitations: [],
        listener_count: 0,
      };
    case 'space_canceled':
      return inSpace(state, { state: 'canceled' });
    case 'space_edited':
      return inSpace(state, event.data);
    case 'recording_changed':
      return inSpace(state, { recording: event.data.recording, recording_problem: event.data.reason });
    case 'speaker_added':
      return {
        stage: putInPlace(state.stage, event.data.participant, (one) => one.id),
        requests: withoutRequest(state, event.data.participant.id),
        invitations: withoutInvitation(state, event.data.participant.id),
      };
    case 'speaker_removed':
      return { stage: withoutSpeaker(state, event.data.participant_id) };
    case 'role_changed':
      return onStage(state, event, { role: event.data.role });
    case 'participant_muted':
      return onStage(state, event, { muted: true });
    case 'participant_unmuted':
      return onStage(state, event, { muted: false });
    case 'microphone_taken':
      return onStage(state, event, { muted: true, muted_by_host: true });
    case 'microphone_given':
      return onStage(state, event, { muted_by_host: false });
    case 'participant_disconnected':
      return onStage(state, event, { connected: false });
    case 'participant_reconnected':
      return onStage(state, event, { connected: true });
    case 'participant_removed':
      return {
        stage: withoutSpeaker(state, event.data.participant_id),
        requests: withoutRequest(state, event.data.participant_id),
        invitations: withoutInvitation(state, event.data.participant_id),
      };
    case 'request_made':
      return { requests: putInPlace(state.requests, event.data.request, (one) => one.participant_id) };
    case 'request_withdrawn':
    case 'request_accepted':
    case 'request_declined':
      return { requests: withoutRequest(state, event.data.participant_id) };
    case 'invited_to_speak':
      return { invitations: [...withoutInvitation(state, event.data.participant_id), event.data.participant_id] };
    case 'invitation_withdrawn':
    case 'invitation_declined':
      return { invitations: withoutInvitation(state, event.data.participant_id) };
    default:
      // Names may be added to the protocol; an older page keeps its number and nothing else.
      return {};
  }
}

function inSpace(state: SpaceView, fields: Partial<Space>): Partial<SpaceView> {
  return { space: { ...state.space, ...fields } };
}

function onStage(
  state: SpaceView,
  event: { data: { participant_id: string } },
  fields: Partial<Participant>,
): Partial<SpaceView> {
  const { participant_id } = event.data;
  return { stage: state.stage.map((one) => (one.id === participant_id ? { ...one, ...fields } : one)) };
}

/** Who is already there keeps the place, so that no face jumps. */
function putInPlace<Item>(items: Item[], item: Item, idOf: (item: Item) => string): Item[] {
  const place = items.findIndex((one) => idOf(one) === idOf(item));
  return place === -1 ? [...items, item] : items.with(place, item);
}

function withoutSpeaker(state: SpaceView, participant_id: string): Participant[] {
  return state.stage.filter((one) => one.id !== participant_id);
}

function withoutInvitation(state: SpaceView, participant_id: string): string[] {
  return state.invitations.filter((one) => one !== participant_id);
}

function withoutRequest(state: SpaceView, participant_id: string): SpeakRequest[] {
  return state.requests.filter((one) => one.participant_id !== participant_id);
}
