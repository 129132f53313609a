/** Times, lengths and numbers as the reader's language writes them. Nothing here reads the clock. */
import { languageTag } from './i18n.ts';

const cache = new Map<string, Intl.DateTimeFormat>();

function dates(style: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${languageTag()} ${style}`;
  const found = cache.get(key) ?? new Intl.DateTimeFormat(languageTag(), options);
  cache.set(key, found);
  return found;
}

/** "Sunday, 29 November 2026 at 19:30" */
export function formatTime(iso: string): string {
  return dates('full', { dateStyle: 'full', timeStyle: 'short' }).format(new Date(iso));
}

/** "Sun, 29 Nov, 19:30"; with the year where it is not this one. */
export function formatShortTime(iso: string, now: Date): string {
  const at = new Date(iso);
  const isThisYear = at.getFullYear() === now.getFullYear();
  return dates(`short ${isThisYear}`, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: 'numeric',
    minute: '2-digit',
    ...(isThisYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** "20:00", on the clocks of that zone. */
export function formatClock(iso: string, timeZone: string): string {
  return dates(`clock ${timeZone}`, { timeStyle: 'short', timeZone }).format(new Date(iso));
}

/** "Berlin": a zone by its largest city, as the zone's own name has it. */
export function placeName(timeZone: string): string {
  return timeZone.split('/').at(-1)?.replaceAll('_', ' ') ?? timeZone;
}

/** "29 November 2026" */
export function formatDay(iso: string): string {
  return dates('day', { dateStyle: 'long' }).format(new Date(iso));
}

/** The two lines of a calendar's leaf: "Nov" and "29". */
export function formatCalendarDay(iso: string): { month: string; day: string } {
  const at = new Date(iso);
  return {
    month: dates('month', { month: 'short' }).format(at),
    day: dates('leaf', { day: 'numeric' }).formatToParts(at).find((part) => part.type === 'day')?.value ?? '',
  };
}

/** "today", "3 days ago", "in 20 minutes": the largest unit that is not zero. */
export function formatDistance(iso: string, now: Date): string {
  const away_s = (new Date(iso).getTime() - now.getTime()) / 1_000;
  const relative = new Intl.RelativeTimeFormat(languageTag(), { numeric: 'auto' });
  for (const [unit, length_s] of [
    ['year', 31_557_600],
    ['month', 2_629_800],
    ['week', 604_800],
    ['day', 86_400],
    ['hour', 3_600],
    ['minute', 60],
  ] as const) {
    if (Math.abs(away_s) >= length_s) return relative.format(Math.trunc(away_s / length_s), unit);
  }
  return relative.format(0, 'minute');
}

/** "1 hr, 5 min": how long something is, to the minute; under one minute to the second. */
export function formatLength(length_ms: number): string {
  const all_s = Math.round(length_ms / 1_000);
  if (all_s < 60) return unit(all_s, 'second');
  const all_min = Math.round(all_s / 60);
  const hours = Math.floor(all_min / 60);
  const parts = [hours > 0 && unit(hours, 'hour'), all_min % 60 > 0 && unit(all_min % 60, 'minute')];
  const said = parts.filter((part) => part !== false);
  return new Intl.ListFormat(languageTag(), { type: 'unit', style: 'narrow' }).format(said);
}

/** A place on a recording: "4:07", "1:04:07". */
export function formatPlace(at_ms: number): string {
  const all_s = Math.max(0, Math.floor(at_ms / 1_000));
  const [hours, minutes, seconds] = [Math.floor(all_s / 3_600), Math.floor(all_s / 60) % 60, all_s % 60];
  const two = (value: number): string => digits(value, 2);
  return hours > 0
    ? `${digits(hours, 1)}:${two(minutes)}:${two(seconds)}`
    : `${digits(minutes, 1)}:${two(seconds)}`;
}

export function formatNumber(value: number): string {
  return new Intl.NumberFormat(languageTag()).format(value);
}

export function formatPercent(share: number): string {
  return new Intl.NumberFormat(languageTag(), { style: 'percent' }).format(share);
}

/** The zone that times on this device are in, as people say it: "Central European Time (Berlin)". */
export function timeZoneName(now: Date): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const name = new Intl.DateTimeFormat(languageTag(), { timeZoneName: 'longGeneric' })
    .formatToParts(now)
    .find((part) => part.type === 'timeZoneName')?.value;
  const city = placeName(zone);
  return name === undefined || name === zone ? zone : name.includes(city) ? name : `${name} (${city})`;
}

function unit(value: number, name: 'second' | 'minute' | 'hour'): string {
  return new Intl.NumberFormat(languageTag(), { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
}

function digits(value: number, minimumIntegerDigits: number): string {
  return new Intl.NumberFormat(languageTag(), { minimumIntegerDigits, useGrouping: false }).format(value);
}
