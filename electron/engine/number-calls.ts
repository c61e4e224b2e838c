import { jsonField, textForEyes } from '../../shared/bytes/show.ts';
import type { NumberMeaning } from '../../shared/contract/inode.ts';
import type { ErrorLine } from '../../shared/contract/scan.ts';
import { statusOf } from '../../shared/explain/index.ts';
import type { FoundNumber, NumbersInView, numberCallSpecs } from '../../shared/ipc/numbers.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { failureOf, type Handlers } from '../../shared/ipc/rpc.ts';
import { Describer } from './describe.ts';
import { HiddenTree } from './hidden.ts';
import type { ProbeHolder } from './machine.ts';
import { type Meaning, NumberSearch } from './number-search.ts';
import { afterReading, layerErrors } from './output.ts';
import type { StackScan } from './scan.ts';
import { refOf, type Stack, scanMeta } from './stack.ts';
import type { View } from './views.ts';

export type NumberDeps = {
  probe: ProbeHolder;
  /** Throws where there is no such view. */
  viewOf: (id: number) => View;
  views: () => Iterable<View>;
  /** Reads a stack whole, or throws. */
  read: (
    stack: Stack,
    through: boolean,
    signal: AbortSignal,
    progress: (scan: StackScan) => void,
  ) => Promise<StackScan>;
};

export function numberHandlers(
  deps: NumberDeps,
): Handlers<{ calls: typeof numberCallSpecs; events: Record<never, never> }> {
  const searches = new WeakMap<StackScan, NumberSearch>();

  /** The search of a view: kept while its picture stands, made for the occasion while it is being read. */
  function searchOf(view: View): NumberSearch {
    const { scan, rows } = view;
    // What is asked of hidden objects is remembered, and would be half of it while the layers are read.
    if (!isOver(scan)) {
      const tree = new HiddenTree(scan);
      return new NumberSearch(scan, tree, new Describer(scan, tree));
    }
    const known = searches.get(scan) ?? new NumberSearch(scan, rows.tree, rows.describer);
    searches.set(scan, known);
    return known;
  }

  function inView(view: View, number: bigint, limit: number): NumbersInView {
    const { scan } = view;
    const { found: all, more } = searchOf(view).meanings(number, limit);
    return {
      view: view.id,
      stack: view.ref,
      found: all.map((one) => found(view, one)),
      more,
      complete: scan.phase === 'ready',
      unknown: numbersUnknown(scan),
    };
  }

  return {
    numbers({ view, number, limit }) {
      const views = view === null ? [...deps.views()] : [deps.viewOf(view)];
      return { views: views.map((one) => inView(one, BigInt(number), limit)) };
    },

    async inode({ stack: ref, number, through }, { item, signal }) {
      const search = async (stack: Stack): Promise<StackScan> => {
        const scan = await deps.read(stack, through, signal, ({ layers }) => item({ layers }));
        const tree = new HiddenTree(scan);
        const { found: all } = new NumberSearch(scan, tree, new Describer(scan, tree)).meanings(BigInt(number));
        const where = ref === null ? stackFields(stack) : {};
        item({ found: all.map(({ meaning }) => ({ ...meaning, ...where })), unknown: numbersUnknown(scan) });
        return scan;
      };
      if (ref !== null) {
        const stack = await deps.probe.resolve(ref);
        const scan = await search(stack);
        return { meta: afterReading(scanMeta(stack), scan), stacks: 1, errors: layerErrors(scan) };
      }
      const refs: { ref: StackRef; stack: Stack }[] = [];
      await deps.probe.overlays((stack) => void refs.push({ ref: refOf(stack), stack }), signal);
      const errors: ErrorLine[] = [];
      for (const { stack } of refs) {
        try {
          errors.push(...layerErrors(await search(stack)));
        } catch (error) {
          if (signal.aborted) throw error;
          const { code, message, hint } = failureOf(error, signal);
          if (code === 'internal' || code === 'closed') throw error;
          const path = textForEyes(stack.facts.mount ?? ('' as never));
          errors.push({ error: { code, message, path, hint: hint ?? null } });
        }
      }
      return { meta: null, stacks: refs.length, errors };
    },
  };
}

const isOver = ({ phase }: StackScan): boolean => phase !== 'reading' && phase !== 'merging';

/** Whether what was copied up shows numbers that cannot be told: without privilege its origin cannot be read. */
const numbersUnknown = ({ stack }: StackScan): boolean =>
  stack.facts.layers.some(({ role }) => role === 'upper') && (!stack.marksReadable || !stack.machine.privilege.handles);

/** What names a stack beside a meaning. */
function stackFields({ facts }: Stack): Pick<NumberMeaning, 'mount' | 'mountB64' | 'stackDev'> {
  const mount = facts.mount === null ? { mount: null } : jsonField('mount', facts.mount);
  return { ...mount, stackDev: facts.dev as NumberMeaning['stackDev'] };
}

function found({ scan, rows }: View, { meaning, id, path }: Meaning): FoundNumber {
  if (id === null) return { meaning, id, path, type: 'unknown', status: 'unknown' };
  const isKept = isOver(scan) || !rows.tree.has(id);
  const object = isKept ? rows.describer.object(id) : null;
  return {
    meaning,
    id: isKept ? id : null,
    path,
    type: object?.type ?? 'unknown',
    status: object === null ? 'hidden' : statusOf(object),
  };
}
