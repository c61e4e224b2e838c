import { FailureError } from '../../shared/ipc/rpc.ts';
import { mustBeFree } from './in-use.ts';
import type { Places } from './layers.ts';
import { recover } from './recovery.ts';
import { openStore, type StoreOptions } from './stores/open.ts';
import { type SyncPolicy, type TempfilePolicy, Union, type UnionOptions } from './union.ts';

export type StartOptions = Places &
  StoreOptions & {
    policy: TempfilePolicy;
    sync: SyncPolicy;
    onStep?: UnionOptions['onStep'];
  };

/**
 * Opens a union to work on, and brings it to a state that a user may see. Throws a FailureError: `needs-privilege`,
 * EBUSY where the upper is in use, or what is wrong with a layer or the store.
 */
export function startUnion(options: StartOptions): Union {
  if (process.geteuid?.() !== 0)
    throw new FailureError({ code: 'needs-privilege', message: 'a union is worked on by root alone' });
  const union = new Union({
    ...options,
    openStore: (parts) => {
      mustBeFree(parts.layers, options.upper);
      return openStore(options, parts);
    },
  });
  recover(union);
  return union;
}
