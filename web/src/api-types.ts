/**
 * The shapes of the HTTP interface, made by `make api-types` from the server's OpenAPI description: never by hand.
 * Names and casing are the wire's own; `SpaceAnswer` in Python is `Space` here.
 */

export interface Account {
  id: string;
  handle: string;
  display_name: string;
  picture: string | null;
  bio: string;
  links: string[];
  pronouns: string;
  language: string | null;
  created_at: string;
  follower_count: number;
  following_count: number;
  is_administrator: boolean;
}

export interface Arrived {
  outcome: 'signed_in' | 'linked' | 'new';
  next: string;
  account: Account | null;
  ticket: string | null;
  display_name: string;
  handle: string;
}

export interface Audio {
  ogg: string;
  mp3?: string | null;
  m4a?: string | null;
}

export interface Audit {
  items: Entry[];
  next_cursor: string | null;
}

export interface BeginBody {
  next?: string;
}

export interface Begun {
  url: string;
}

export interface Branch {
  handle: string;
  display_name: string;
  invited_by: string | null;
  created_at: string;
  is_suspended: boolean;
  is_administrator: boolean;
}

export interface ClaimBody {
  claim: string;
}

export interface CodeBody {
  code: string;
}

export interface Codes {
  codes: string[];
}

export interface Collected {
  code: string | null;
}

export interface CredentialBody {
  credential: Record<string, unknown>;
}

export type Delay = 'normal' | 'low';

export interface Device {
  id: string;
  device: string;
  created_at: string;
  expires_at: string;
  used_at: string | null;
  is_current: boolean;
}

export interface DeviceBody {
  endpoint: string;
  keys: KeysBody;
  language?: string;
}

export interface Devices {
  items: Device[];
  next_cursor?: string | null;
}

export interface Doors {
  registration: Registration;
  live_audio: boolean;
  new_spaces: boolean;
  sends_mail: boolean;
  providers: Provider[];
}

export interface EditBody {
  title?: string;
  topics?: string[];
  language?: string | null;
  who_may_speak?: WhoMaySpeak;
  recording?: 'on' | 'off';
  delay?: Delay;
  scheduled_start?: string | null;
  repeats?: NewRepeatsBody | null;
}

export interface Entry {
  id: string;
  at: string;
  actor: string | null;
  action: string;
  data: Record<string, unknown>;
}

export interface ErrorAnswer {
  error: ErrorBody;
}

export interface ErrorBody {
  code: string;
  message: string;
  details: unknown;
}

export interface Examination {
  ok: boolean;
  findings: Finding[];
}

export interface Expected {
  items: ExpectedPerson[];
}

export interface ExpectedPerson {
  handle: string | null;
  display_name: string;
  picture: string | null;
  role: string;
}

export interface Finding {
  name: string;
  level: Verdict;
  case: string;
  values: Record<string, string | number>;
  sentence: string;
  mend: string;
}

export interface Gap {
  from_ms: number;
  to_ms: number;
  lost_ms: number;
  reason: string;
}

export interface Home {
  sections: Section[];
}

export interface Host {
  handle: string | null;
  display_name: string;
  picture: string | null;
}

export type Hosting = 'everyone' | 'list' | 'percent';

export interface Identities {
  items: Identity[];
  next_cursor?: string | null;
}

export interface Identity {
  id: string;
  provider: string;
  called: string;
  created_at: string;
  used_at: string | null;
}

export interface Import {
  followed: number;
  unknown: number;
  elsewhere: number;
}

export interface Invite {
  id: string;
  created_at: string;
  expires_at: string;
  state: InviteState;
  used_by: Named | null;
}

export type InviteState = 'open' | 'used' | 'expired';

export interface Invited {
  items: Host[];
}

export interface Invites {
  items: Invite[];
  next_cursor: string | null;
  left: number;
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

export interface KeysBody {
  p256dh: string;
  auth: string;
}

export interface LeaveBody {
  handle: string;
  password?: string;
}

export interface Leaving {
  live: number;
  planned: number;
  replays: number;
}

export type Level = 'all' | 'hosts' | 'none';

export interface LevelBody {
  level: Level | null;
}

export interface LinkBody {
  token: string;
  password?: string | null;
}

export interface Listed {
  handle: string;
  display_name: string;
  picture: string | null;
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
  delay: Delay;
  recording: Recording;
  recording_problem: RecordingProblem | null;
  scheduled_start: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  series_id: string | null;
  listener_count: number;
  replay: Replay | null;
  url: string;
  speakers: Host[];
}

export interface MailBody {
  mail: string;
}

export interface MayHost {
  allowed: boolean;
  reasons: NotYet[];
}

export interface Me {
  id: string;
  handle: string;
  display_name: string;
  picture: string | null;
  bio: string;
  links: string[];
  pronouns: string;
  language: string | null;
  created_at: string;
  follower_count: number;
  following_count: number;
  is_administrator: boolean;
  tip_jar: Tip[];
  may_have_tip_jar: boolean;
  hosting: MayHost;
}

export interface Named {
  handle: string;
  display_name: string;
  picture: string | null;
}

export interface NewInvite {
  id: string;
  created_at: string;
  expires_at: string;
  state: InviteState;
  used_by: Named | null;
  code: string;
  url: string;
}

export interface NewPasskeyBody {
  credential: Record<string, unknown>;
  name: string;
}

export interface NewRepeatsBody {
  rule?: string | null;
  time_zone: string;
}

export interface NewSpaceBody {
  title: string;
  topics?: string[];
  language?: string | null;
  who_may_speak?: WhoMaySpeak;
  who_may_listen?: WhoMayListen;
  invited?: string[];
  speakers?: string[];
  cohosts?: string[];
  recording?: 'on' | 'off';
  delay?: Delay;
  scheduled_start?: string | null;
  repeats?: RepeatsBody | null;
}

export interface NewToken {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  used_at: string | null;
  token: string;
}

export type NewsKind = 'went_live' | 'on_stage' | 'scheduled' | 'reminder' | 'starts_soon' | 'rescheduled' | 'canceled' | 'invited' | 'accepted' | 'replay_ready' | 'transcript_ready' | 'tip_jar_changed';

export interface NotYet {
  code: Reason;
  message: string;
  needed?: number | null;
  from?: string | null;
}

export interface Notification {
  id: string;
  kind: string;
  title: string;
  body: string;
  path: string;
  space_id: string | null;
  handle: string | null;
  display_name: string | null;
  scheduled_start: string | null;
  at: string;
  is_read: boolean;
}

export interface Notifications {
  items: Notification[];
  next_cursor: string | null;
  unread_count: number;
}

export interface OnStage {
  handle: string;
  space_id: string;
}

export interface OnStages {
  items: OnStage[];
}

export interface Participant {
  id: string;
  handle: string | null;
  display_name: string;
  picture: string | null;
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
  hidden_count: number | null;
  hidden_keys: string[];
}

export interface Passkey {
  id: string;
  name: string;
  created_at: string;
  used_at: string | null;
}

export interface Passkeys {
  items: Passkey[];
  next_cursor?: string | null;
}

export interface PasswordBody {
  current?: string;
  new: string;
}

export interface PersonFound {
  handle: string;
  display_name: string;
  picture: string | null;
  bio: string;
  follower_count: number;
}

export interface PersonTips {
  participant_id: string;
  handle: string;
  display_name: string;
  picture: string | null;
  role: string;
  tip_jar: Tip[];
  tip_jar_changed_at: string | null;
}

export interface ProfileBody {
  display_name?: string | null;
  bio?: string | null;
  links?: string[] | null;
  pronouns?: string | null;
  language?: string | null;
  tip_jar?: TipBody[] | null;
}

export type Promotion = 'hidden' | 'normal' | 'featured';

export interface PromotionBody {
  promotion: Promotion;
}

export interface Provider {
  id: string;
  name: string;
}

export interface ProviderAnswerBody {
  state: string;
  code: string;
  iss?: string | null;
}

export interface PushDevice {
  id: string;
  name: string;
  created_at: string;
}

export interface PushDevices {
  items: PushDevice[];
  key: string;
}

export interface QuietBody {
  begin: string;
  end: string;
  time_zone: string;
}

export interface ReadBody {
  ids?: string[] | null;
}

export interface Readiness {
  ready: boolean;
  missing: string[];
  parts: Record<string, string>;
}

export type Reason = 'new_spaces_stopped' | 'not_on_the_list' | 'not_in_the_share' | 'too_few_followers' | 'account_too_young';

export type Recording = 'on' | 'off' | 'paused';

export type RecordingProblem = 'disk_full' | 'disk_error';

export interface RecoverBody {
  handle: string;
  code: string;
  password: string;
}

export interface RecoveryLink {
  url: string;
  expires_at: string;
}

export type Registration = 'open' | 'invite' | 'closed';

export interface Reminder {
  is_set: boolean;
  of_series: boolean;
  count: number;
}

export interface RepeatsBody {
  rule: string;
  time_zone: string;
}

export interface Replay {
  duration_ms: number;
}

export interface Report {
  id: string;
  about: Named | null;
  promotion: Promotion | null;
  by: Named | null;
  space_id: string | null;
  reason: ReportReason;
  note: string;
  created_at: string;
  resolved_at: string | null;
}

export interface ReportBody {
  handle: string;
  reason: ReportReason;
  note?: string;
  space_id?: string | null;
}

export type ReportReason = 'spam' | 'abuse' | 'impersonation' | 'illegal' | 'other';

export interface Reports {
  items: Report[];
  next_cursor: string | null;
}

export type Scope = 'read' | 'speak' | 'host' | 'account' | 'admin';

export interface Search {
  spaces: ShownSpace[];
  people: PersonFound[];
  topics: TopicFound[];
  words: WordsFound[];
}

export interface Section {
  name: 'followed_live' | 'followed_upcoming' | 'live' | 'upcoming' | 'replays';
  items: ShownSpace[];
}

export interface SeenProfile {
  id: string;
  handle: string;
  display_name: string;
  picture: string | null;
  bio: string;
  links: string[];
  pronouns: string;
  language: string | null;
  created_at: string;
  follower_count: number;
  following_count: number;
  tip_jar: Tip[];
  tip_jar_changed_at: string | null;
  invited_by: Named | null;
  on_air: string | null;
  you: Ties | null;
}

export interface Series {
  id: string;
  title: string;
  host: Host;
  rule: string;
  time_zone: string;
  start: string;
  is_over: boolean;
  calendar: string;
  items: Space[];
}

export interface Service {
  id: string;
  title: string;
  address: string;
  rule: string;
  pattern: string;
  prefix: string;
}

export interface Services {
  items: Service[];
}

export interface Session {
  account: Account | null;
}

export interface Settings {
  registration: Registration;
  invites_per_account: number;
  hosted_per_invite: number;
  invite_days: number;
  hosting: Hosting;
  hosting_percent: number;
  hosting_min_followers: number;
  hosting_min_age_days: number;
  hosting_list: string[];
  new_spaces: boolean;
  live_audio: boolean;
  tip_jar_percent: number;
  tip_services: string[];
}

export interface SettingsBody {
  registration?: Registration | null;
  invites_per_account?: number | null;
  hosted_per_invite?: number | null;
  invite_days?: number | null;
  hosting?: Hosting | null;
  hosting_percent?: number | null;
  hosting_min_followers?: number | null;
  hosting_min_age_days?: number | null;
  hosting_list?: string[] | null;
  new_spaces?: boolean | null;
  live_audio?: boolean | null;
  tip_jar_percent?: number | null;
  tip_services?: string[] | null;
}

export interface ShownSpace {
  id: string;
  title: string;
  state: SpaceState;
  host: Host;
  topics: string[];
  language: string | null;
  who_may_speak: WhoMaySpeak;
  who_may_listen: WhoMayListen;
  delay: Delay;
  recording: Recording;
  recording_problem: RecordingProblem | null;
  scheduled_start: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  series_id: string | null;
  listener_count: number;
  replay: Replay | null;
  url: string;
  speakers: Host[];
  reasons: Why[];
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

export interface SignUpByProviderBody {
  ticket: string;
  handle: string;
  display_name: string;
  invite?: string | null;
}

export interface SignedUp {
  account: Account;
  next: string;
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
  delay: Delay;
  recording: Recording;
  recording_problem: RecordingProblem | null;
  scheduled_start: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  series_id: string | null;
  listener_count: number;
  replay: Replay | null;
  url: string;
}

export interface SpaceRecording {
  state: string;
  duration_ms: number;
  audio: Audio;
  tracks: Track[];
  gaps: Gap[];
  damages: string[];
  transcript: Transcript | null;
  waveform: string | null;
  chapters: string | null;
  events: string;
}

export type SpaceState = 'scheduled' | 'live' | 'ended' | 'canceled';

export interface Spaces {
  items: ListedSpace[];
  next_cursor: string | null;
}

export interface StageInvitationBody {
  role?: 'speaker' | 'cohost';
}

export type Stretch = 'this' | 'following' | 'all';

export interface SuspendBody {
  is_suspended: boolean;
}

export interface Suspended {
  handles: string[];
}

export interface Ticket {
  ticket: string;
}

export interface TicketBody {
  ticket: string;
}

export interface Ties {
  follows: boolean;
  is_followed_by: boolean;
  has_muted: boolean;
  has_blocked: boolean;
}

export interface Tip {
  service: string;
  title: string;
  name: string;
  url: string;
}

export interface TipBody {
  service: string;
  name: string;
}

export interface Tips {
  items: PersonTips[];
}

export interface Token {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  used_at: string | null;
}

export interface TokenList {
  items: Token[];
  next_cursor: string | null;
}

export interface TopicFound {
  topic: string;
  count: number;
}

export interface Topics {
  items: string[];
}

export interface Track {
  participant: string;
  handle: string | null;
  display_name: string;
  ogg: string;
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

export interface Tree {
  items: Branch[];
}

export interface Unsubscribed {
  kind: NewsKind;
  way: Way;
}

export type Verdict = 'ok' | 'warning' | 'failed';

export interface Waiting {
  id: string;
  name: string;
  note: string;
  created_at: string;
}

export interface WaitingBody {
  name: string;
  note?: string;
}

export interface WaitingPage {
  items: Waiting[];
  next_cursor: string | null;
}

export type Way = 'push' | 'mail';

export interface WaysBody {
  app: boolean;
  push: boolean;
  mail?: boolean | null;
}

export interface WaysIn {
  has_password: boolean;
  recovery_codes_left: number;
  passkeys: number;
  mail: string | null;
  sends_mail: boolean;
}

export type WhoMayListen = 'everyone' | 'followers' | 'invited' | 'link';

export type WhoMaySpeak = 'everyone' | 'followed' | 'invited';

export interface Why {
  code: 'you_follow' | 'your_topic' | 'many_listen' | 'your_language' | 'just_started' | 'featured' | 'public';
  handle?: string | null;
  display_name?: string | null;
  count?: number | null;
  topic?: string | null;
}

export interface WishesBody {
  level: Level;
  kinds: Record<string, WaysBody>;
  quiet: QuietBody | null;
  pushes_a_day: number;
}

export interface WordsFound {
  space: ShownSpace;
  speaker: Host | null;
  offset_ms: number;
  language: string;
  text: string;
  url: string;
}

export interface voxhall__accounts__api__TokenBody {
  name?: string;
  scopes?: Scope[] | null;
  expires_at?: string | null;
}

export interface voxhall__accounts__recovery__api__TokenBody {
  token: string;
}
