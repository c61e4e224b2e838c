import type { StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError, type Handlers } from '../../../shared/ipc/rpc.ts';
import type { VerifyProgress, verifyCallSpecs } from '../../../shared/ipc/verify.ts';
import { parseMountLine } from '../../../shared/mountinfo/line.ts';
import type { ProbeHolder } from '../machine.ts';
import { afterReading, layerErrors } from '../output.ts';
import type { StackScan } from '../scan.ts';
import { type Stack, scanMeta } from '../stack.ts';
import { TELL_EVERY_MS } from '../views.ts';
import { verify } from './verify.ts';

export type VerifyDeps = {
  probe: ProbeHolder;
  refOf: (view: number) => StackRef;
  /** Reads a stack whole, or throws. */
  read: (
    stack: Stack,
    through: boolean,
    signal: AbortSignal,
    progress: (scan: StackScan) => void,
  ) => Promise<StackScan>;
};

type VerifyContract = { calls: typeof verifyCallSpecs; events: Record<never, never> };

export function verifyHandlers({ probe, refOf, read }: VerifyDeps): Handlers<VerifyContract> {
  return {
    async verify({ view, stack: ref, paths, beneath, rows, through }, { item, drained, signal }) {
      const stack = await probe.resolve(ref ?? refOf(view as number));
      mustBeMounted(stack);
      const told = sparing(item);
      const readOnce = (one: Stack): Promise<StackScan> =>
        read(one, through, signal, ({ layers }) => told({ phase: 'reading', layers }));
      const scan = await readOnce(stack);
      const meta = afterReading(scanMeta(stack), scan);
      item({ meta });
      const verdict = await verify(scan, {
        probe: probe.client,
        readAgain: async () => readOnce(await mountedStill(probe, stack)),
        paths,
        beneath: beneath ?? null,
        all: rows === 'all',
        onRows: (found) => {
          if (found.length > 0) item({ rows: found });
        },
        onProgress: told,
        drained,
        signal,
      });
      return { ...verdict, meta, errors: layerErrors(scan) };
    },
  };
}

/** Throws where there is no mount to look through. */
function mustBeMounted({ facts }: Stack): void {
  const fail = (message: string, hint: string): FailureError =>
    new FailureError({ code: 'not-mounted', message, hint });
  if (facts.kind === 'directories' || facts.dev === null)
    throw fail(
      'plain directories are no mount, so the kernel reports nothing of them',
      'mount them, or name a mount point',
    );
  if (facts.line !== null && parseMountLine(facts.line)?.root !== '/')
    throw fail('only a part of the overlay is mounted there', 'name the mount point of the whole');
}

/** The same mount, resolved anew. Throws unmounted where it is gone. */
async function mountedStill(probe: ProbeHolder, { facts }: Stack): Promise<Stack> {
  try {
    return await probe.resolve({ kind: 'dev', dev: facts.dev as string });
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.code !== 'not-found') throw error;
    const message = 'the mount was unmounted meanwhile';
    throw new FailureError({ code: 'unmounted', message, hint: 'run it again once it is mounted' });
  }
}

/** Tells of progress no more often than a person can follow; of a new phase always. */
function sparing(item: (progress: { progress: VerifyProgress }) => void): (progress: VerifyProgress) => void {
  let last = '';
  let at = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (progress.phase === last && now - at < TELL_EVERY_MS) return;
    last = progress.phase;
    at = now;
    item({ progress });
  };
}
