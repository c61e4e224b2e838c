/** What a measure is, and how its numbers are made of single runs. */

/** One side of a comparison: seconds, bytes or whatever the measure's unit is, and CPU time where it was taken. */
export type Sample = { value: number; cpuMs?: number };

/** A line of the bench. `ratio` is value / againstValue; where there is nothing to compare with, both are null. */
export type Measure = {
  name: string;
  value: number;
  unit: string;
  against: string | null;
  ratio: number | null;
  /** Runs of each side. */
  n: number;
  /** (largest − smallest) / median of the value's runs: how far to trust it. */
  spread: number;
  againstValue?: number;
  /** CPU time (user and system, all processes and threads), where wall time is at the mercy of other programs. */
  cpu?: { value: number; unit: 'ms'; against?: number; ratio?: number };
  /** What else is worth telling of this measure: its tree's entries, a second quantile. */
  [detail: string]: unknown;
};

/** A measure that could not be taken here, with the reason. */
export type Skipped = { name: string; skipped: string };

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Linear between the two nearest ranks. NaN of nothing. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? low;
  return low + (high - low) * (at - Math.floor(at));
}

export function spreadOf(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : round((Math.max(...values) - Math.min(...values)) / middle, 3);
}

/** Four significant digits are more than any of these measures has. */
export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

/**
 * Runs the sides in turn, `rounds` times each, after one of each that is not counted: what slows one slows the others.
 */
export async function alternate(
  rounds: number,
  sides: readonly (() => Sample | Promise<Sample>)[],
): Promise<Sample[][]> {
  const samples: Sample[][] = sides.map(() => []);
  for (let turn = -1; turn < rounds; turn++) {
    for (const [side, take] of sides.entries()) {
      const sample = await take();
      if (turn >= 0) samples[side]?.push(sample);
    }
  }
  return samples;
}

/** The line of two alternated sides. */
export function compared(
  name: string,
  unit: string,
  against: string,
  ours: readonly Sample[],
  theirs: readonly Sample[],
  digits = 1,
): Measure {
  const values = ours.map(({ value }) => value);
  const others = theirs.map(({ value }) => value);
  const cpu = [ours, theirs].map((side) => median(side.map(({ cpuMs }) => cpuMs ?? Number.NaN)));
  const [mine = Number.NaN, other = Number.NaN] = cpu;
  return {
    name,
    value: round(median(values), digits),
    unit,
    against,
    ratio: round(median(values) / median(others), 3),
    n: values.length,
    spread: spreadOf(values),
    againstValue: round(median(others), digits),
    ...(Number.isNaN(mine) || Number.isNaN(other)
      ? {}
      : { cpu: { value: round(mine, 0), unit: 'ms', against: round(other, 0), ratio: round(mine / other, 3) } }),
  };
}

/** The line of one side alone. */
export function alone(name: string, unit: string, samples: readonly Sample[], digits = 1): Measure {
  const values = samples.map(({ value }) => value);
  const cpu = median(samples.map(({ cpuMs }) => cpuMs ?? Number.NaN));
  return {
    name,
    value: round(median(values), digits),
    unit,
    against: null,
    ratio: null,
    n: values.length,
    spread: spreadOf(values),
    ...(Number.isNaN(cpu) ? {} : { cpu: { value: round(cpu, 0), unit: 'ms' } }),
  };
}
