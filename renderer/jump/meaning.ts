import { asBytes, type Bytes, bytesOfBase64, bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import type { NumberMeaning } from '../../shared/contract/inode.ts';
import type { ListObject } from '../../shared/contract/scan.ts';
import type { Status } from '../../shared/ipc/engine.ts';
import { shortOf } from '../inspector/numbers.ts';
import { deviceText } from '../tree/format.ts';
import { matchPieces, type Piece } from './match.ts';

/** What a number means, in the words of a line. Pure. */

const AS_WORDS: Record<NumberMeaning['as'], string> = {
  st_ino: 'st_ino',
  d_ino: 'd_ino',
  real: 'real',
  origin: 'origin',
  index: 'index entry',
  'xino-part': 'xino part',
};
export const asWord = ({ as }: NumberMeaning): string => AS_WORDS[as];

/** The merged path; null where there is none. */
export function pathOf({ path, pathB64 }: NumberMeaning): Bytes | null {
  if (path === null) return null;
  return pathB64 === undefined ? bytesOfText(path) : bytesOfBase64(pathB64);
}

/** What stands for the path: itself, or where the inode lies that has none in the mount. */
export function placeText(meaning: NumberMeaning): string {
  const path = pathOf(meaning);
  if (path !== null) return path === '' ? '/' : textForEyes(path);
  if (meaning.entry !== undefined) return `index/${textForEyes(asBytes(meaning.entry))}`;
  return meaning.entryPath === undefined ? '–' : textForEyes(bytesOfText(meaning.entryPath));
}

/** How it stands there, the layer aside. `status`: the object's, where it is known. */
export function whereWords({ as, dev, state, hiddenBy, entryPath, ino }: NumberMeaning, status?: Status): string {
  const words: (string | null)[] = [];
  switch (as) {
    case 'st_ino':
    case 'd_ino':
      words.push(dev?.startsWith('pseudo:') ? `on ${deviceText(dev)}` : null);
      words.push(status ?? null, LASTS[state] ?? null);
      break;
    case 'xino-part':
      words.push(`st_ino ${ino}`);
      break;
    case 'real':
      words.push(hiddenBy === undefined ? (state === 'object' ? 'used' : state) : `hidden by ${hiddenBy}`);
      words.push(entryPath === undefined ? null : `at ${textForEyes(bytesOfText(entryPath))}`);
      break;
    default:
      words.push(state);
  }
  return words.filter((word) => word !== null).join(', ');
}

/** What is said of how long a number lasts: nothing where it stays. */
const LASTS: Partial<Record<NumberMeaning['state'], string>> = {
  unstable: 'may change',
  cached: 'while in memory',
  unknown: 'whether it lasts is unknown',
};

/** The number in few letters, what was searched for lit. `facts`: null where the stack is not open. */
export function numberPieces({ as, ino }: NumberMeaning, facts: ListObject | null, searched: string): Piece[] {
  const short = facts !== null && as !== 'real' && as !== 'index' && as !== 'origin' ? shortOf(facts, ino) : ino;
  return matchPieces(short, short.endsWith(searched) ? searched : short);
}
