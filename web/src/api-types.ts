/** The shapes of the HTTP interface that pages and the live socket share; the names are the wire's own. */

export type SpaceState = 'scheduled' | 'live' | 'ended' | 'canceled';

export interface PersonName {
  handle: string;
  display_name: string;
}

export interface Space {
  id: string;
  title: string;
  state: SpaceState;
  host: PersonName;
  topics: string[];
  language: string | null;
  who_may_speak: 'everyone' | 'followed' | 'invited';
  recording: 'off' | 'on' | 'paused';
  scheduled_start: string | null;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  listener_count: number;
  url: string;
}

export interface User extends PersonName {
  id: string;
  is_administrator?: boolean;
}

export interface List<Item> {
  items: Item[];
  next_cursor: string | null;
}

export interface ErrorBody {
  code: string;
  message: string;
  details: unknown;
}
