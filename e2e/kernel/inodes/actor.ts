import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { unmount } from '../libc.ts';
import { mountOverlay } from '../oracle.ts';
import { serveRequests, startInUserNamespace } from '../remote.ts';
import { look, type Seen } from './look.ts';
import { letGo, type Operation, operate } from './operate.ts';

/** Who mounts a configuration, works in it and looks at it: this process, or one in a user namespace. */
export interface Actor {
  /** Whose mounts they are, as our program is told. Null: this process's own. */
  readonly pid: number | null;
  /** The errno of the kernel's refusal, or null. */
  mount(target: Bytes, options: Bytes): Promise<string | null>;
  /** For each operation whether the kernel allowed it. */
  operate(target: Bytes, operations: readonly Operation[]): Promise<boolean[]>;
  look(target: Bytes, seed: number): Promise<Seen[]>;
  letGo(): Promise<void>;
  unmount(target: Bytes): Promise<void>;
  end(): void;
}

export const actHere: Actor = {
  pid: null,
  mount: async (target, options) => mountOverlay(target, options),
  operate: async (target, operations) => operations.map((operation) => operate(target, operation)),
  look: async (target, seed) => look(target, seed),
  letGo: async () => letGo(),
  unmount: async (target) => unmount(target, 0),
  end: () => undefined,
};

type Request =
  | { do: 'mount'; target: Bytes; options: Bytes }
  | { do: 'operate'; target: Bytes; operations: readonly Operation[] }
  | { do: 'look'; target: Bytes; seed: number }
  | { do: 'letGo' }
  | { do: 'unmount'; target: Bytes };

/** An actor in a user namespace. What is mounted later in this one, it does not see. */
export function actInUserNamespace(): Actor {
  const { pid, ask, end } = startInUserNamespace<Request>(import.meta.filename);
  return {
    pid,
    mount: (target, options) => ask({ do: 'mount', target, options }),
    operate: (target, operations) => ask({ do: 'operate', target, operations }),
    look: (target, seed) => ask({ do: 'look', target, seed }),
    letGo: () => ask({ do: 'letGo' }),
    unmount: (target) => ask({ do: 'unmount', target }),
    end,
  };
}

function answer(request: Request): unknown {
  switch (request.do) {
    case 'mount':
      return mountOverlay(request.target, request.options);
    case 'operate':
      return request.operations.map((operation) => operate(request.target, operation));
    case 'look':
      return look(request.target, request.seed);
    case 'letGo':
      return letGo();
    case 'unmount':
      return unmount(request.target, 0);
  }
}

if (import.meta.main) await serveRequests(answer);
