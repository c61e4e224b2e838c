import { inodeNumber, line, number, option } from '../explain/words.ts';
import type { Finding, Subject } from './finding.ts';
import { capital, shownEvidence } from './words.ts';

/** First number of which the next one is no double. */
const LIMIT = 2n ** 53n;

/** The number that a double does not hold: st_ino, or d_ino where only that is so large. */
function largeOf({ shown }: Subject): string | null {
  // Below sixteen digits it is below 2^53: most numbers need no more than their length.
  for (const text of [shown?.ino, shown?.dino])
    if (text && text.length >= 16 && text !== 'unknown' && BigInt(text) >= LIMIT) return text;
  return null;
}

/** A number that programs with 53-bit integers print wrong, and 32-bit ones refuse. */
export const inoOver53: Finding = {
  code: 'ino-over-2^53',
  severity: 'note',
  title: 'programs with 53-bit numbers print these wrong, and 32-bit ones refuse them',
  messages: ['Value too large for defined data type', 'EOVERFLOW'],
  rule: 'overlayfs.h:ovl_xino_bits: xino writes the filesystem id into the top bits of the number',
  look: (subject) => (largeOf(subject) === null ? null : 'note'),
  tell: (subject, { list, names }) => {
    const { shown, top } = subject;
    const layer = top?.layer ?? 0;
    const ino = largeOf(subject) ?? '0';
    const asDouble = String(BigInt(Number(ino)));
    const isMapped = list.inodeMode === 'xino' && top !== null && String(top.ino) !== ino;
    return {
      layer,
      evidence: { ...(shown ? shownEvidence(shown) : {}), hex: `0x${BigInt(ino).toString(16)}`, asDouble },
      what: ino === asDouble ? `${ino}, which a double holds by chance` : `${ino} becomes ${asDouble} as a double`,
      cause: isMapped
        ? line`The option ${option('xino')} puts the filesystem id into the top bits, so the number ${inodeNumber(ino)} needs more than the 53 bits of a double, which makes ${number(asDouble)} of it.`
        : capital(
            line`${names.the(layer)} itself has the number ${inodeNumber(ino)}, which needs more than the 53 bits of a double, which makes ${number(asDouble)} of it.`,
          ),
      cure: isMapped
        ? line`Read numbers as 64-bit integers (in Node, stat with bigint), or put all layers on one filesystem.`
        : line`Read numbers as 64-bit integers (in Node, stat with bigint).`,
      commands: [],
    };
  },
};
