/** What the form holds, and what of it goes to the server. Pure. */
import type { Delay, NewSpaceBody, WhoMayListen, WhoMaySpeak } from '../../../api-types.ts';
import { ruleOf, type Repeats } from '../repeats.ts';

export interface Draft {
  title: string;
  /** As typed, with commas between. */
  topics: string;
  language: string;
  who_may_speak: WhoMaySpeak;
  who_may_listen: WhoMayListen;
  /** As typed, with commas between; counts where only those invited may listen. */
  invited: string;
  recording: 'on' | 'off';
  delay: Delay;
  when: 'now' | 'later';
  /** The reader's own time, as `<input type="datetime-local">` gives it. */
  start: string;
  repeats: Repeats;
}

export function bodyOf(draft: Draft): NewSpaceBody {
  return {
    title: draft.title.trim(),
    topics: topicsOf(draft.topics),
    language: draft.language || null,
    who_may_speak: draft.who_may_speak,
    who_may_listen: draft.who_may_listen,
    invited: draft.who_may_listen === 'invited' ? handlesOf(draft.invited) : [],
    recording: draft.recording,
    delay: draft.delay,
    ...(draft.when === 'later' ? { scheduled_start: new Date(draft.start).toISOString(), ...repeatsOf(draft) } : {}),
  };
}

/** In the zone of this device: eight in the evening stays eight in the evening. */
function repeatsOf({ repeats, start }: Draft): Pick<NewSpaceBody, 'repeats'> {
  const rule = ruleOf(repeats, start);
  return rule === null ? {} : { repeats: { rule, time_zone: ownTimeZone() } };
}

export function ownTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Commas of every script part them; a leading # is how some people write a topic. */
export function topicsOf(typed: string): string[] {
  const topics = typed.split(/[,،、，;]/u).map((topic) => topic.trim().replace(/^#+/, '').trim());
  return [...new Set(topics.filter(Boolean))];
}

/** `@ana, ben` and `ana ben` alike. */
export function handlesOf(typed: string): string[] {
  return [...new Set(typed.toLowerCase().split(/[\s,،、，;@]+/u).filter(Boolean))];
}

/** What `<input type="datetime-local">` wants: the reader's own time, without a zone, to the minute. */
export function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

/** Tomorrow at the next whole hour: a start that nobody has to correct twice. */
export function likelyStart(now: Date): Date {
  const start = new Date(now.getTime() + 24 * 3_600_000);
  start.setHours(start.getHours() + 1, 0, 0, 0);
  return start;
}
