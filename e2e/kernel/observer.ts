import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { Operation } from './case.ts';
import { type KernelView, mountOverlay, observe, operate, unmountOverlay } from './oracle.ts';
import { serveRequests, startInUserNamespace } from './remote.ts';

/**
 * Who mounts a case and looks at it. A mount of a user namespace can only be made inside one: that observer is a
 * process.
 */
export interface Observer {
  /** Whose mounts they are, as our program is told. Null: this process's own. */
  readonly pid: number | null;
  /** The errno of the kernel's refusal, or null. */
  mount(target: Bytes, options: Bytes): Promise<string | null>;
  operate(target: Bytes, operations: readonly Operation[]): Promise<void>;
  observe(target: Bytes, names: readonly Bytes[], lookupFirst: boolean): Promise<KernelView>;
  unmount(target: Bytes): Promise<void>;
  end(): void;
}

/** Mounts in this process, which is best in a mount namespace of its own. */
export const observeHere: Observer = {
  pid: null,
  mount: async (target, options) => mountOverlay(target, options),
  operate: async (target, operations) => operate(target, operations),
  observe: async (target, names, lookupFirst) => observe(target, names, lookupFirst),
  unmount: async (target) => unmountOverlay(target),
  end: () => undefined,
};

type Request =
  | { do: 'mount'; target: Bytes; options: Bytes }
  | { do: 'operate'; target: Bytes; operations: readonly Operation[] }
  | { do: 'observe'; target: Bytes; names: readonly Bytes[]; lookupFirst: boolean }
  | { do: 'unmount'; target: Bytes };

/** Starts an observer in a user and mount namespace of its own, in which this process's uid is 0. */
export function startUserObserver(): Observer {
  const { pid, ask, end } = startInUserNamespace<Request>(import.meta.filename);
  return {
    pid,
    mount: (target, options) => ask({ do: 'mount', target, options }),
    operate: (target, operations) => ask({ do: 'operate', target, operations }),
    observe: (target, names, lookupFirst) => ask({ do: 'observe', target, names, lookupFirst }),
    unmount: (target) => ask({ do: 'unmount', target }),
    end,
  };
}

function answer(request: Request): unknown {
  switch (request.do) {
    case 'mount':
      return mountOverlay(request.target, request.options);
    case 'operate':
      return operate(request.target, request.operations);
    case 'observe':
      return observe(request.target, request.names, request.lookupFirst);
    case 'unmount':
      return unmountOverlay(request.target);
  }
}

if (import.meta.main) await serveRequests(answer);
