/** `U` for the upper, else the number: how a layer is named in a narrow place. */
export const layerLetter = (layer: number): string => (layer === 0 ? 'U' : String(layer));

/** Layers as text, runs joined: [0, 1, 2, 3, 8] → `U, 1–3, 8`. Ascending; the upper never joins a run of lowers. */
export function layerRanges(layers: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < layers.length; ) {
    const first = layers[i] as number;
    let last = first;
    i++;
    while (first !== 0 && layers[i] === last + 1) {
      last++;
      i++;
    }
    if (last === first) parts.push(layerLetter(first));
    else parts.push(`${layerLetter(first)}–${layerLetter(last)}`);
  }
  return parts.join(', ');
}

/**
 * Neighbours with the same key become one run, in order; a null key stays alone. For a stack of 500 layers of which
 * three hold the name this leaves seven rows.
 */
export function runsOf<T>(items: readonly T[], key: (item: T) => string | null): T[][] {
  const runs: T[][] = [];
  let open: string | null = null;
  for (const item of items) {
    const now = key(item);
    if (now !== null && now === open) (runs.at(-1) as T[]).push(item);
    else runs.push([item]);
    open = now;
  }
  return runs;
}
