import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { VerifyRow } from '../../shared/contract/verify.ts';
import { failureOf } from '../../shared/ipc/rpc.ts';
import { isSameRef } from '../sources/which.ts';
import { useLayout } from '../state/layout.ts';
import { useSession } from '../state/session.ts';
import { NOT_VERIFIED, pathOfRow, useVerify, type VerifyScope } from '../state/verify.ts';

/** Answers that differ are kept up to here; beyond they are counted. */
const MOST_WRONG = 20_000;
/** Of so few chosen paths every answer is kept, also those that agree. */
const FEW_PATHS = 200;

let running: AbortController | null = null;

/** Why the open stack cannot be verified, in a sentence; null where it can. */
export function whyNotVerified(): string | null {
  const { stack, link } = useSession.getState();
  if (stack === null || link !== 'up') return 'No stack is open.';
  if (stack.facts.kind === 'directories' || stack.facts.mount === null)
    return 'These are plain directories: there is no mount, so the kernel reports nothing of them.';
  return null;
}

/**
 * Asks the kernel through the mount. It touches the mount: to be called once the person was told what that can change,
 * and said yes. What was found before is forgotten; what differs comes as it is known.
 */
export async function startVerify(scope: VerifyScope): Promise<void> {
  const { client, stack } = useSession.getState();
  if (!client || !stack) return;
  running?.abort();
  const controller = new AbortController();
  running = controller;
  const { signal } = controller;
  const paths = scope.kind === 'paths' ? scope.paths : null;
  const isFew = paths !== null && paths.length <= FEW_PATHS;
  const answers = isSameRef(useVerify.getState().ref, stack.ref) ? new Map(useVerify.getState().answers) : new Map();
  useVerify.setState({ ...NOT_VERIFIED, phase: 'running', scope, ref: stack.ref, answers });
  useLayout.setState({ main: 'verify' });
  for (const path of isFew ? paths : []) answers.set(path, []);
  try {
    const done = await client.call(
      'verify',
      {
        view: stack.view,
        paths,
        ...(scope.kind === 'beneath' ? { beneath: scope.path } : {}),
        rows: isFew ? 'all' : 'wrong',
      },
      {
        signal,
        onItem: (item) => {
          if (signal.aborted) return;
          if ('progress' in item) useVerify.setState({ progress: item.progress });
          else if ('meta' in item) useVerify.setState({ meta: item.meta });
          else takeRows(item.rows, answers);
        },
      },
    );
    if (signal.aborted) return;
    const { checked, wrong, unpredictable, paths: looked, settled, meta } = done;
    useVerify.setState({
      phase: 'done',
      progress: null,
      meta,
      counts: { checked, wrong, unpredictable, paths: looked, settled },
      at: Date.now(),
    });
  } catch (error) {
    if (running !== controller) return;
    const failure = failureOf(error);
    const isOver = signal.aborted || failure.code === 'cancelled';
    useVerify.setState({
      phase: isOver ? 'cancelled' : 'failed',
      progress: null,
      failure: isOver ? null : failure,
      at: Date.now(),
    });
  }
}

function takeRows(rows: readonly VerifyRow[], answers: Map<Bytes, VerifyRow[]>): void {
  for (const row of rows) {
    const path = pathOfRow(row);
    answers.get(path)?.push(row);
  }
  const found = rows.filter(({ verdict }) => verdict === 'wrong');
  if (found.length === 0) return;
  const { wrong, further } = useVerify.getState();
  const kept = [...wrong, ...found.slice(0, Math.max(0, MOST_WRONG - wrong.length))];
  useVerify.setState({ wrong: kept, further: further + wrong.length + found.length - kept.length });
}

/** Stops it; what was found until then stays. */
export function cancelVerify(): void {
  running?.abort();
  if (useVerify.getState().phase === 'running')
    useVerify.setState({ phase: 'cancelled', progress: null, at: Date.now() });
}

/** What the kernel answered of a path of the open stack, where it was asked; null where not. */
export function observedOf(path: Bytes): readonly VerifyRow[] | null {
  const { ref, answers, wrong } = useVerify.getState();
  const { stack } = useSession.getState();
  if (stack === null || !isSameRef(ref, stack.ref)) return null;
  const all = answers.get(path);
  if (all !== undefined && all.length > 0) return all;
  const differ = wrong.filter((row) => pathOfRow(row) === path);
  return differ.length > 0 ? differ : null;
}
