/** What `<input type="datetime-local">` wants: the reader's own time, without a zone, to the minute. */
export function localTime(date: Date): string {
  const shifted = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}
