const LIMIT = 2n ** 64n;

/**
 * An inode number as people write it: decimal, or hexadecimal behind 0x. Null where the text is none, or more than the
 * 64 bits that an inode number has.
 */
export function parseNumber(text: string): bigint | null {
  if (!/^(\d{1,40}|0[xX][0-9a-fA-F]{1,40})$/.test(text)) return null;
  const number = BigInt(text);
  return number < LIMIT ? number : null;
}

/** Whether a text is meant as a number, though it may be too large for one. */
export const looksLikeNumber = (text: string): boolean => /^(\d+|0[xX][0-9a-fA-F]+)$/.test(text);
