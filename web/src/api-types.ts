/**
 * The shapes of the HTTP interface, made by `make api-types` from the server's OpenAPI description: never by hand.
 * Names and casing are the wire's own; `SpaceAnswer` in Python is `Space` here.
 */

export interface Account {
  id: string;
  handle: string;
  display_name: string;
  bio: string;
  links: string[];
  created_at: string;
  follower_count: number;
  following_count: number;
  is_administrator: boolean;
}

export interface ClaimBody {
  claim: string;
}

export interface Device {
  id: string;
  device: string;
  created_at: string;
  expires_at: string;
  is_current: boolean;
}

export interface Devices {
  items: Device[];
  next_cursor?: string | null;
}

export interface ErrorAnswer {
  error: ErrorBody;
}

export interface ErrorBody {
  code: string;
  message: string;
  details: unknown;
}

export interface Host {
  handle: string | null;
  display_name: string;
}

export interface Invited {
  items: Host[];
}

export interface Job {
  id: string;
  kind: string;
  subject: string | null;
  state: JobState;
  attempt: number;
  failures: number;
  progress: number;
  error: string | null;
  run_at: string;
  created_at: string;
  finished_at: string | null;
}

export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'canceled';

export interface Jobs {
  items: Job[];
  next_cursor: string | null;
  counts: Record<string, number>;
}

export interface Listed {
  handle: string;
  display_name: string;
  since: string;
}

export interface ListedPage {
  items: Listed[];
  next_cursor: string | null;
}

export interface ListedSpace {
  id: string;
  title: string;
  state: SpaceState;
  host: Host;
  topics: string[];
  language: string | null;
  who_may_speak: WhoMaySpeak;
  who_may_listen: WhoMayListen;
  recording: Recording;
  recording_problem: RecordingProblem | null;
  scheduled_start: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  listener_count: number;
  replay: Replay | null;
  url: string;
  speakers: Host[];
}

export interface NewSpaceBody {
  title: string;
  topics?: string[];
  language?: string | null;
  who_may_speak?: WhoMaySpeak;
  who_may_listen?: WhoMayListen;
  invited?: string[];
  recording?: 'on' | 'off';
  scheduled_start?: string | null;
}

export interface NewToken {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  token: string;
}

export interface Participant {
  id: string;
  handle: string | null;
  display_name: string;
  role: string;
  muted: boolean;
  muted_by_host: boolean;
  connected: boolean;
  csrc: number;
  requested_at: string | null;
}

export interface Participants {
  items: Participant[];
  next_cursor: string | null;
}

export interface ProfileBody {
  display_name?: string | null;
  bio?: string | null;
  links?: string[] | null;
}

export interface Readiness {
  ready: boolean;
  missing: string[];
  parts: Record<string, string>;
}

export type Recording = 'on' | 'off' | 'paused';

export type RecordingProblem = 'disk_full' | 'disk_error';

export interface Replay {
  duration_ms: number;
}

export type Scope = 'read' | 'speak' | 'host' | 'account' | 'admin';

export interface SeenProfile {
  id: string;
  handle: string;
  display_name: string;
  bio: string;
  links: string[];
  created_at: string;
  follower_count: number;
  following_count: number;
  you: Ties | null;
}

export interface SignInBody {
  handle: string;
  password: string;
}

export interface SignUpBody {
  handle: string;
  display_name: string;
  password: string;
  invite?: string | null;
  claim?: string | null;
}

export interface Space {
  id: string;
  title: string;
  state: SpaceState;
  host: Host;
  topics: string[];
  language: string | null;
  who_may_speak: WhoMaySpeak;
  who_may_listen: WhoMayListen;
  recording: Recording;
  recording_problem: RecordingProblem | null;
  scheduled_start: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  listener_count: number;
  replay: Replay | null;
  url: string;
}

export type SpaceState = 'scheduled' | 'live' | 'ended' | 'canceled';

export interface Spaces {
  items: ListedSpace[];
  next_cursor: string | null;
}

export interface Ties {
  follows: boolean;
  is_followed_by: boolean;
  has_blocked: boolean;
}

export interface Token {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
}

export interface TokenBody {
  name?: string;
  scopes?: Scope[] | null;
  expires_at?: string | null;
}

export interface TokenList {
  items: Token[];
  next_cursor: string | null;
}

export interface Transcript {
  state: TranscriptState;
  language: string | null;
  progress: number;
  error: string | null;
  vtt: string;
  srt: string;
  txt: string;
  json: string;
}

export type TranscriptState = 'pending' | 'live' | 'processing' | 'ready' | 'failed';

export type WhoMayListen = 'everyone' | 'followers' | 'invited' | 'link';

export type WhoMaySpeak = 'everyone' | 'followed' | 'invited';
