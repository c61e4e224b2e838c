import type { Bytes } from '../../shared/bytes/bytes.ts';
import { textOfBytes } from '../../shared/bytes/bytes.ts';
import { shellQuote } from '../../shared/bytes/show.ts';

/**
 * What goes to the clipboard for a path. A clipboard holds text: bytes that are UTF-8 go as they are, without any
 * escape; others as the one shell word that means exactly them.
 */
export const exactText = (path: Bytes): string => textOfBytes(path) ?? shellQuote(path);

/** One word of a shell for this path; a leading hyphen is kept from being taken for an option. */
export function shellWord(path: Bytes): string {
  if (path === '') return '.';
  return shellQuote((path.startsWith('-') ? `./${path}` : path) as Bytes);
}
