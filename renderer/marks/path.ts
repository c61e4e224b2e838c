/** How many numbers a command takes, and which of them are horizontal and absolute. */
const COMMANDS: Record<string, { count: number; x: readonly number[] }> = {
  M: { count: 2, x: [0] },
  L: { count: 2, x: [0] },
  H: { count: 1, x: [0] },
  V: { count: 1, x: [] },
  C: { count: 6, x: [0, 2, 4] },
  Z: { count: 0, x: [] },
};

/**
 * Path data moved to the right by `dx`. A strip of many cells is then a few plain paths: a group with a transform for
 * each cell would cost the browser a layer of bookkeeping for each. Relative commands stay as they are; of absolute ones
 * M, L, H, V, C and Z are known, anything else throws.
 */
export function shiftPath(d: string, dx: number): string {
  if (dx === 0) return d;
  return d.replace(/([a-zA-Z])([^a-zA-Z]*)/g, (whole, letter: string, rest: string) => {
    if (letter === letter.toLowerCase()) return whole;
    const command = COMMANDS[letter];
    if (!command) throw new RangeError(`path command ${letter} cannot be shifted`);
    const numbers = rest.match(/-?(?:\d+\.?\d*|\.\d+)/g) ?? [];
    return (
      letter +
      numbers
        .map((text, at) =>
          command.x.includes(at % command.count) ? String(Math.round((Number(text) + dx) * 1000) / 1000) : text,
        )
        .join(' ')
    );
  });
}
