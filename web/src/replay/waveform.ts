/** The picture of a recording's loudness, drawn from its file. Pure. */

/** Peaks from 0 to 1, `count` of them, the loudest of each stretch; scaled so that quiet talk still shows. */
export function peaks(file: unknown, count: number): number[] {
  const samples = samplesOf(file);
  if (samples.length === 0) return [];
  const stretch = samples.length / count;
  const found = Array.from({ length: count }, (_, bar) => {
    const part = samples.slice(Math.floor(bar * stretch), Math.max(Math.floor((bar + 1) * stretch), Math.floor(bar * stretch) + 1));
    return part.reduce((most, sample) => Math.max(most, sample), 0);
  });
  const loudest = Math.max(...found, Number.EPSILON);
  return found.map((peak) => peak / loudest);
}

/** `data` holds what a stretch reached: a figure each, or a lowest and a highest in turn. */
function samplesOf(file: unknown): number[] {
  if (typeof file !== 'object' || file === null) return [];
  const { data, peaks: list } = file as { data?: unknown; peaks?: unknown };
  const numbers = [data, list].find((one): one is number[] => Array.isArray(one)) ?? [];
  return numbers.map(Math.abs);
}
