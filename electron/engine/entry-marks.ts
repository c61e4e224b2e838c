import { Kind, MarkBit } from '../../shared/merge/marks.ts';

type MarkReader = (kind: number, length: number, first: number, isEmpty: boolean) => number;

/** What each overlay attribute marks, by its name; the value's length and first byte are all that counts. */
const MARK_READERS: [name: string, reader: MarkReader][] = [
  ['origin', () => MarkBit.origin],
  [
    'opaque',
    (kind, length, first) =>
      kind !== Kind.dir || length !== 1 ? 0 : first === 0x79 ? MarkBit.opaque : first === 0x78 ? MarkBit.xwhiteouts : 0,
  ],
  ['redirect', () => MarkBit.redirect],
  [
    'metacopy',
    (kind, length) =>
      kind !== Kind.file
        ? 0
        : length > 0 && length < 4
          ? MarkBit.metacopy | MarkBit.metacopyTooSmall
          : MarkBit.metacopy,
  ],
  ['impure', (kind, length, first) => (kind === Kind.dir && length === 1 && first === 0x79 ? MarkBit.impure : 0)],
  ['nlink', () => MarkBit.nlink],
  ['protattr', (_kind, length) => (length > 0 ? MarkBit.protattr : 0)],
  ['whiteout', (kind, _length, _first, isEmpty) => (kind === Kind.file && isEmpty ? MarkBit.xattrWhiteout : 0)],
];

/** The reader of the attribute whose name stands in bytes[at, at + length), compared in place. */
export function markOf(bytes: Uint8Array, at: number, length: number): MarkReader | undefined {
  next: for (const [name, reader] of MARK_READERS) {
    if (name.length !== length) continue;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== name.charCodeAt(i)) continue next;
    return reader;
  }
  return undefined;
}
