import type { Bytes } from '../bytes/bytes.ts';
import type { Process } from './raw.ts';

/** What happened, in the words of the terminal contract. */
export type LiveKind =
  | 'created'
  | 'copied-up'
  | 'modified'
  | 'metadata'
  | 'renamed'
  | 'whiteout'
  | 'revealed'
  | 'removed'
  | 'opaque'
  | 'linked'
  | 'temp-born'
  | 'temp-written'
  | 'temp-linked'
  | 'temp-died'
  | 'orphan'
  | 'layer-changed';

export type LiveEvent = {
  event: LiveKind;
  /** Path in the merged tree; of layer-changed in the layer. Null: a temporary file without a name. */
  path: Bytes | null;
  /** Of renamed: the old name. */
  from?: Bytes;
  layer: number;
  /** Name of the temporary file that it was, or grew in. */
  temp?: Bytes;
  /** Size of its data; of copied-up: how much was copied. Absent where no data is concerned. */
  bytes?: string;
  /** Of copied-up: with its data, without (a metacopy), or the data alone after that. */
  copied?: 'data' | 'metadata' | 'later-data';
  /** It rests on a lower or a mark that could not be read. */
  assumed?: true;
  /** The record held several changes: the state is the one found after them. */
  merged?: true;
  /** Null: the kernel does not tell who. */
  by: Process | null;
};

/** Where the number of bytes cannot be told. */
export const UNKNOWN_BYTES = 'unknown';
