/** What is left until a start, in the units that matter then. Pure. */

export interface Left {
  unit: 'days' | 'hours' | 'minutes' | 'seconds';
  value: number;
}

/** Days and hours, hours and minutes, or minutes and seconds; null when the time has come. */
export function countdown(start: string, now: Date): Left[] | null {
  const left_s = Math.ceil((new Date(start).getTime() - now.getTime()) / 1_000);
  if (left_s <= 0) return null;
  const [days, hours] = [Math.floor(left_s / 86_400), Math.floor(left_s / 3_600) % 24];
  const [minutes, seconds] = [Math.floor(left_s / 60) % 60, left_s % 60];
  if (days > 0) return [{ unit: 'days', value: days }, { unit: 'hours', value: hours }];
  if (hours > 0) return [{ unit: 'hours', value: hours }, { unit: 'minutes', value: minutes }];
  return [{ unit: 'minutes', value: minutes }, { unit: 'seconds', value: seconds }];
}
