/** How a space repeats: what the form holds, the rule (RFC 5545) that comes of it, and a rule in words. Pure. */
import { formatDay, formatNumber } from '../../format.ts';
import { languageTag, t } from '../../i18n.ts';

export const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'] as const;
export type Day = (typeof DAYS)[number];
export type Unit = 'DAILY' | 'WEEKLY' | 'MONTHLY';

export interface Repeats {
  /** A rule that is offered, `custom`, or empty for none. */
  pattern: string;
  /** As typed; both count where `pattern` is `custom`, and the days in weeks. */
  interval: string;
  unit: Unit;
  days: Day[];
  ends: 'never' | 'on' | 'after';
  /** A day as `<input type="date">` gives it. */
  until: string;
  count: string;
}

export function noRepeats(): Repeats {
  return { pattern: '', interval: '2', unit: 'WEEKLY', days: [], ends: 'never', until: '', count: '10' };
}

/** The rules that people want most, beginning at this time: the reader's own, as `<input type="datetime-local">` gives it. */
export function offered(start: string): string[] {
  const at = new Date(start);
  if (Number.isNaN(at.getTime())) return ['FREQ=DAILY', 'FREQ=WEEKLY'];
  const nth = Math.ceil(at.getDate() / 7);
  const isWorkday = at.getDay() > 0 && at.getDay() < 6;
  return [
    'FREQ=DAILY',
    ...(isWorkday ? ['FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR'] : []),
    'FREQ=WEEKLY',
    'FREQ=WEEKLY;INTERVAL=2',
    `FREQ=MONTHLY;BYDAY=${nth > 4 ? -1 : nth}${dayOf(at)}`,
    `FREQ=MONTHLY;BYMONTHDAY=${at.getDate()}`,
  ];
}

/** Null where it does not repeat. */
export function ruleOf(repeats: Repeats, start: string): string | null {
  if (repeats.pattern === '') return null;
  const rule = repeats.pattern === 'custom' ? customRule(repeats, start) : repeats.pattern;
  if (repeats.ends === 'on' && repeats.until !== '') return `${rule};UNTIL=${repeats.until.replaceAll('-', '')}`;
  if (repeats.ends === 'after') return `${rule};COUNT=${repeats.count.trim()}`;
  return rule;
}

function customRule({ interval, unit, days }: Repeats, start: string): string {
  const rule = `FREQ=${unit};INTERVAL=${interval.trim()}`;
  if (unit !== 'WEEKLY') return rule;
  // It takes place on the day on which it begins, whatever else was ticked.
  const chosen = new Set<Day>([...days, dayOf(new Date(start))]);
  return `${rule};BYDAY=${DAYS.filter((day) => chosen.has(day)).join(',')}`;
}

export function dayOf(at: Date): Day {
  return DAYS[(at.getDay() + 6) % 7] ?? 'MO';
}

/** "Tuesday" */
export function dayName(day: Day, style: 'long' | 'short' = 'long'): string {
  // The first of January 2024 was a Monday.
  const at = new Date(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
  return new Intl.DateTimeFormat(languageTag(), { weekday: style, timeZone: 'UTC' }).format(at);
}

/** "Every 2 weeks on Tuesday, until 1 June 2027": a rule that begins at that time, read in that zone. */
export function inWords(rule: string, start: string, timeZone?: string): string {
  const parts = new Map(rule.split(';').map((part) => part.split('=') as [string, string]));
  const unit = (parts.get('FREQ') ?? 'WEEKLY').toLowerCase();
  const every = t(`series.${unit}`, { count: Number(parts.get('INTERVAL') ?? 1) });
  const when = daysInWords(parts, start, timeZone);
  const until = parts.get('UNTIL');
  const count = parts.get('COUNT');
  const said = when === '' ? every : t('series.every_on', { every, when });
  if (until !== undefined) return t('series.said_until', { said, day: formatDay(isoOf(until)) });
  return count === undefined ? said : t('series.said_times', { said, count: Number(count) });
}

function daysInWords(parts: Map<string, string>, start: string, timeZone: string | undefined): string {
  const days = parts.get('BYDAY')?.split(',') ?? [];
  const nth = parts.get('BYSETPOS') ?? days[0]?.match(/^-?\d/)?.[0];
  const monthDay = parts.get('BYMONTHDAY');
  if (monthDay === '-1') return t('series.last_day');
  if (monthDay !== undefined) {
    return t('series.month_day', { days: list(monthDay.split(',').map((day) => formatNumber(Number(day)))) });
  }
  if (days.length > 0) {
    const names = list(days.map((day) => dayName(day.slice(-2) as Day)));
    return nth === undefined ? t('series.on', { days: names }) : t(`series.nth_${nth}`, { days: names });
  }
  const at = new Date(start);
  const read = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(languageTag(), { ...options, ...(timeZone === undefined ? {} : { timeZone }) });
  if (Number.isNaN(at.getTime()) || parts.get('FREQ') === 'DAILY') return '';
  if (parts.get('FREQ') === 'WEEKLY') return t('series.on', { days: read({ weekday: 'long' }).format(at) });
  if (parts.get('FREQ') === 'YEARLY') return t('series.on', { days: read({ day: 'numeric', month: 'long' }).format(at) });
  const day = read({ day: 'numeric' }).formatToParts(at).find((part) => part.type === 'day')?.value ?? '';
  return t('series.month_day', { days: day });
}

function list(words: string[]): string {
  return new Intl.ListFormat(languageTag(), { type: 'conjunction' }).format(words);
}

/** `20270601T215959Z` as JSON writes times; `20270601`, too. */
function isoOf(until: string): string {
  const [, year, month, day, time] = /^(\d{4})(\d{2})(\d{2})(?:T(\d{6})Z)?$/.exec(until) ?? [];
  const clock = time === undefined ? '12:00:00' : `${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}`;
  return `${year}-${month}-${day}T${clock}Z`;
}
