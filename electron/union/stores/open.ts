import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { setAside } from '../../engine/sqlite-file.ts';
import { pathOfFd } from '../../probe/syscalls/open.ts';
import type { Filesystems } from '../filesystems.ts';
import type { Layers } from '../layers.ts';
import { ArrayStore } from './array.ts';
import { DatabaseStore } from './database.ts';
import { MemoryStore } from './memory.ts';
import type { MappingStore, StoreKind } from './store.ts';
import { XattrStore } from './xattr.ts';

export type StoreOptions = {
  store: StoreKind;
  upper: Bytes;
  /** File of the database; by default stratoscope.db in the work directory. */
  db: Bytes | null;
  /** Told where something had to be done that the user should know of. */
  onNotice?: (text: string) => void;
};

/** Opens a store. Throws a FailureError that says what is wrong with it, if it cannot be made anew. */
export function openStore(
  { store, upper, db, onNotice }: StoreOptions,
  { layers, filesystems }: { layers: Layers; filesystems: Filesystems },
): MappingStore {
  switch (store) {
    case 'memory':
      return new MemoryStore();
    case 'xattr':
      return new XattrStore(layers);
    case 'array':
      return new ArrayStore(layers, upper);
    case 'database':
    case 'bitmap': {
      const file = db ?? asBytes(`${pathOfFd(layers.work)}/stratoscope.db`);
      const name = Buffer.from(file, 'latin1').toString();
      const open = (): MappingStore => new DatabaseStore(name, filesystems, store === 'bitmap');
      try {
        return open();
      } catch (error) {
        if (!(error instanceof FailureError) || error.failure.code !== 'map-torn') throw error;
        // The upper inodes carry their origins: the start makes the map anew from them.
        onNotice?.(`the map is damaged and was set aside as ${setAside(name)}; it is made anew from the upper`);
        return open();
      }
    }
  }
}
