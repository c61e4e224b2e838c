import type { Bytes } from '../../../shared/bytes/bytes.ts';
import type { Observed, ProbeContract } from '../../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import { type Comparison, compare, type Prediction } from '../../../shared/verify/compare.ts';
import type { DeviceClasses } from '../../../shared/verify/devices.ts';
import type { DirectoryTarget, Target } from './targets.ts';

/** A path that was looked at: what was foretold, what was seen, and each field of it. */
export type Looked = {
  path: Bytes;
  prediction: Prediction;
  /** Its object; null: no layer gives one. */
  id: number | null;
  seen: Observed;
  fields: Comparison[];
};

/** Names and directories that are asked for in one call. */
const NAMES = 8192;
const DIRECTORIES = 4096;

export type LookOptions = {
  probe: Client<ProbeContract>;
  /** MAJ:MIN of the overlay. */
  dev: string;
  devices: DeviceClasses;
  /** Without the capability to look everywhere. */
  mayBeRefused: boolean;
  handles: boolean;
  /** So many more names were looked at. */
  onSeen: (names: number) => void;
  signal: AbortSignal;
};

/** Looks through the mount at all of these, some at a time, and compares. Throws unmounted where the mount is gone. */
export async function* lookAt(
  directories: Iterable<DirectoryTarget>,
  options: LookOptions,
): AsyncGenerator<Looked[], void> {
  let batch: DirectoryTarget[] = [];
  let names = 0;
  for (const directory of directories) {
    batch.push(directory);
    names += directory.targets.size;
    if (names < NAMES && batch.length < DIRECTORIES) continue;
    yield await lookOnce(batch, options);
    batch = [];
    names = 0;
  }
  if (batch.length > 0) yield await lookOnce(batch, options);
}

async function lookOnce(batch: readonly DirectoryTarget[], options: LookOptions): Promise<Looked[]> {
  const { probe, dev, devices, mayBeRefused, handles, signal } = options;
  const seen: { target: Target; observed: Observed; isDoubtful: boolean }[] = [];
  try {
    await probe.call(
      'observe',
      {
        dev,
        handles,
        directories: batch.map(({ path, targets, absent }) => ({
          path,
          names: [...targets.keys()],
          others: absent !== null,
        })),
      },
      {
        signal,
        onItem: ({ directory, error, observed }) => {
          const asked = batch[directory];
          if (!asked) return;
          options.onSeen(observed.length);
          if (error !== null) {
            for (const target of asked.targets.values())
              seen.push({
                target,
                observed: unopened(target, error),
                isDoubtful: asked.isDoubtful || error === 'ELOOP',
              });
          }
          for (const one of observed) {
            const target = asked.targets.get(one.name) ?? other(asked, one.name);
            if (target) seen.push({ target, observed: one, isDoubtful: false });
          }
        },
      },
    );
  } catch (error) {
    if (error instanceof FailureError && error.failure.code === 'not-found')
      throw new FailureError({
        code: 'unmounted',
        message: 'the mount was unmounted meanwhile',
        hint: 'what was told before stands; run it again once it is mounted',
      });
    throw error;
  }
  if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled' });
  devices.learn(lessons(seen));
  return seen.map(({ target, observed, isDoubtful }) => ({
    path: target.path,
    prediction: target.prediction,
    id: target.id,
    seen: observed,
    fields: isDoubtful
      ? unknown(target.prediction, observed)
      : compare(target.prediction, observed, devices, mayBeRefused),
  }));
}

/** A name that only the listing gives. */
function other({ path, absent }: DirectoryTarget, name: Bytes): Target | null {
  if (absent === null) return null;
  return { name, path: (path === '' ? name : `${path}/${name}`) as Bytes, prediction: absent, id: null };
}

/** What is seen of a name in a directory that does not open: there is no such path, or none can be looked up. */
const unopened = ({ name, prediction }: Target, error: string): Observed => ({
  name,
  stat: { errno: error === 'ENOTDIR' && prediction.lookup === 'ENOENT' ? 'ENOENT' : error },
  fstat: null,
});

/** The directory itself is told wrong, or leads through a link: of what is in it nothing can be said. */
function unknown({ lookup }: Prediction, { stat }: Observed): Comparison[] {
  const observed = 'errno' in stat ? stat.errno : null;
  return [{ field: 'lookup', predicted: lookup, observed, verdict: 'unpredictable', isCached: false }];
}

/** Devices of those whose number is as foretold, and which cannot be another's from memory. */
function* lessons(
  seen: Iterable<{ target: Target; observed: Observed }>,
): Generator<{ predicted: NonNullable<Prediction['shown']>['dev']; observed: string }> {
  for (const { target, observed } of seen) {
    const { shown } = target.prediction;
    if (shown === null || shown.cached !== undefined || !('dev' in observed.stat)) continue;
    if (shown.ino === observed.stat.ino) yield { predicted: shown.dev, observed: observed.stat.dev };
  }
}
