/** Every message of the live socket, as `docs/protocol.md` writes it; names and casing are the wire's own. */
import type { ErrorBody, RecordingProblem, Space } from '../api-types.ts';

export type Role = 'host' | 'cohost' | 'speaker' | 'listener';

export interface Participant {
  id: string;
  handle: string | null;
  display_name: string;
  /** Where the picture is on this server; null for none. Logs from before there were pictures do not say. */
  picture?: string | null;
  role: Role;
  muted: boolean;
  /** Set by a host; its owner cannot undo it. Implies `muted`. */
  muted_by_host: boolean;
  connected: boolean;
  /** The number by which RTP packets name this person. */
  csrc: number;
}

export interface SpeakRequest {
  participant_id: string;
  handle: string | null;
  display_name: string;
  /** Where the picture is on this server; null for none. Logs from before there were pictures do not say. */
  picture?: string | null;
  requested_at: string;
}

export interface Snapshot {
  type: 'snapshot';
  seq: number;
  space: Space;
  you: { participant_id: string; signed_in: boolean };
  stage: Participant[];
  requests: SpeakRequest[];
  /** By id, who is invited to speak: all of them for host and co-hosts, oneself for everybody else. */
  invitations: string[];
  listener_count: number;
  media: MediaState;
  /** On the stage, by id: from whom nothing comes although they were speaking. */
  interrupted: string[];
  /** For host and co-hosts; null for everybody else. */
  disk: DiskState | null;
}

/** `lost`: the node that carries the sound is gone. `ready`: whoever has no sound opens it again now. */
export type MediaState = 'ready' | 'lost';

/** `low`: the server's disk is 90 % full; `full`: at 97 %, no new recording begins. */
export type DiskState = 'ok' | 'low' | 'full';

export type RemovalReason = 'left' | 'lost' | 'moved_to_audience' | 'removed';

interface OnePerson {
  participant_id: string;
}

export interface EventData {
  space_started: { started_at: string };
  space_ended: { ended_at: string };
  /** With a reason by the server, because nobody began it. */
  space_canceled: { reason?: 'not_started' };
  space_edited: Pick<Space, 'title' | 'topics' | 'language' | 'who_may_speak' | 'recording' | 'scheduled_start' | 'delay'>;
  /** Without a reason a person did it; with one the recording is paused until it can go on. */
  recording_changed: { recording: Space['recording']; reason: RecordingProblem | null };
  speaker_added: { participant: Participant };
  speaker_removed: OnePerson & { reason: RemovalReason };
  role_changed: OnePerson & { role: Role };
  participant_muted: OnePerson;
  participant_unmuted: OnePerson;
  microphone_taken: OnePerson;
  microphone_given: OnePerson;
  participant_disconnected: OnePerson;
  participant_reconnected: OnePerson;
  participant_removed: OnePerson;
  request_made: { request: SpeakRequest };
  request_withdrawn: OnePerson;
  request_accepted: OnePerson;
  request_declined: OnePerson;
  invited_to_speak: OnePerson;
  invitation_withdrawn: OnePerson;
  invitation_declined: OnePerson;
}

export type EventName = keyof EventData;

/** One stored event; the union pairs each name with its data. */
export type SpaceEvent = {
  [Name in EventName]: { type: 'event'; seq: number; at: string; name: Name; data: EventData[Name] };
}[EventName];

export type ServerMessage =
  | Snapshot
  | { type: 'resumed'; seq: number }
  | SpaceEvent
  | { type: 'audience'; listener_count: number }
  | { type: 'media'; state: MediaState }
  | { type: 'interrupted'; participant_ids: string[] }
  | { type: 'disk'; state: DiskState }
  | { type: 'tip_jar_changed'; participant_id: string }
  | { type: 'ok'; id: string }
  | { type: 'error'; id: string; error: ErrorBody }
  | { type: 'ping' };

export type CommandName =
  | 'start'
  | 'end'
  | 'start_recording'
  | 'pause_recording'
  | 'stop_recording'
  | 'leave'
  | 'request_to_speak'
  | 'withdraw_request'
  | 'accept_request'
  | 'decline_request'
  | 'invite_to_speak'
  | 'withdraw_invitation'
  | 'decline_invitation'
  | 'mute'
  | 'unmute'
  | 'take_microphone'
  | 'give_microphone'
  | 'move_to_audience'
  | 'make_cohost'
  | 'remove_cohost'
  | 'remove';

export type ClientMessage =
  | { type: 'hello'; token: null; after: number | null; hidden: boolean }
  | { type: 'pong' }
  | { type: 'command'; id: string; name: CommandName; participant_id?: string };

export const CloseCode = {
  left: 1000,
  badMessage: 4400,
  badToken: 4401,
  removed: 4403,
  notFound: 4404,
} as const;
