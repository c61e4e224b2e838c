import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bytesOfText } from '../../shared/bytes/bytes.ts';
import { type DemoForm, type DemoManifest, type DemoStep, MANIFEST_NAME } from '../../shared/demo/manifest.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { Holder } from './holder.ts';
import { chooseForm, type Refused } from './preflight.ts';
import { clear, readManifest } from './remove.ts';
import { demoSteps } from './script.ts';
import { type BuiltStack, demoStacks } from './stacks.ts';

export { removeDemo } from './remove.ts';
export { demoScript } from './script.ts';
export type { BuiltStack, Refused };

export type DemoOptions = {
  /** This form and no other. Else the best that works: root (for uid 0), userns, directories. */
  form?: DemoForm;
  /** Called before each step: how many are done, how many there are. */
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
};

export type Demo = {
  form: DemoForm;
  /** The demo's directory, absolute and without symlinks. */
  dir: string;
  /** The layers lie in a tmpfs that only the demo's namespace has, for the filesystem of `dir` can hold no upper. */
  inMemory: boolean;
  /** Where the main stack is mounted, in the mount namespace of `pid`; both null for directories. */
  mount: string | null;
  pid: number | null;
  /** main first. `ref` is what the engine opens. */
  stacks: BuiltStack[];
  steps: DemoStep[];
  /** Forms that would have been better, and why they could not be had. */
  refused: Refused[];
  /** Fulfilled when the demo is over, by close() or because its holder was ended. */
  ended: Promise<void>;
  /** Ends the demo and removes all that it made. May be called twice. */
  close(): Promise<void>;
};

/** Makes sure that `dir` is an empty directory; says which directory had to be made for that, topmost first. */
async function emptyDirectory(dir: string): Promise<{ dir: string; madeFrom: string | null }> {
  const fail = (code: string, message: string, hint: string): never => {
    throw new FailureError({ code, message, path: dir, hint });
  };
  let made: string | undefined;
  try {
    made = await mkdir(dir, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR')
      return fail('not-a-directory', 'it is not a directory', 'name another');
    return fail('not-writable', `it cannot be made (${code})`, 'name a place that you may write to');
  }
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) =>
    fail('not-readable', `it cannot be read (${error.code})`, 'name a directory of your own'),
  );
  if (names.includes(MANIFEST_NAME))
    return fail('demo-exists', 'a demo stands here already', 'clear it first, or name another directory');
  if (names.length > 0) return fail('not-empty', 'the directory is not empty', 'name an empty one, or one to be made');
  return { dir: await realpath(dir), madeFrom: made === undefined ? null : await realpath(made) };
}

/**
 * Builds the demo in `dir`, which must be empty or not there, and holds it until close(). It is also removed when this
 * process ends in whatever way, for the holder ends with it. Fails with a FailureError, having removed everything:
 * `not-empty`, `demo-exists`, `not-a-directory`, `not-writable`, `not-readable`, `bad-directory`, `no-namespace`,
 * `missing-tool`, `step-failed`, `holder-ended`, `cancelled`. The path in a failure is text, as `dir` is.
 */
export async function buildDemo(dir: string, options: DemoOptions = {}): Promise<Demo> {
  const wanted = resolve(dir);
  // mount(8) takes double quotes in its options for its own.
  if (/[\n\0"]/.test(wanted)) {
    throw new FailureError({
      code: 'bad-directory',
      message: 'its name holds a newline, a NUL or a double quote, which the options of a mount cannot carry',
      path: wanted,
      hint: 'name another',
    });
  }
  const place = await emptyDirectory(wanted);
  const best: DemoForm[] = process.geteuid?.() === 0 ? ['root', 'userns', 'directories'] : ['userns', 'directories'];
  let holder: Holder | null = null;
  try {
    const { plan, refused } = await chooseForm(place.dir, options.form ? [options.form] : best);
    const steps = demoSteps(plan);
    holder = await Holder.start(plan, place.dir, place.madeFrom);
    const pid = plan.form === 'directories' ? null : holder.pid;
    const stacks = demoStacks(plan, place.dir, pid);
    await writeManifest(place, holder, plan.form, stacks, steps);
    for (const [done, { command }] of steps.entries()) {
      if (options.signal?.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled', path: place.dir });
      options.onProgress?.(done, steps.length);
      await holder.run(command);
    }
    if (plan.inMemory) await copyManifest(place.dir, holder.pid);
    return handle(
      holder,
      { form: plan.form, inMemory: plan.inMemory, dir: place.dir, pid, stacks, steps, refused },
      place.madeFrom,
    );
  } catch (error) {
    await holder?.end();
    await clear(place.dir, place.madeFrom);
    throw error;
  }
}

async function writeManifest(
  place: { dir: string; madeFrom: string | null },
  holder: Holder,
  form: DemoForm,
  stacks: BuiltStack[],
  steps: DemoStep[],
): Promise<void> {
  const manifest: DemoManifest = {
    stratoscopeDemo: 1,
    form,
    holder: { pid: holder.pid, startTicks: holder.startTicks },
    madeFrom: place.madeFrom === null ? null : bytesOfText(place.madeFrom),
    stacks: stacks.map(({ name, about, ref }) => ({ name, about, ref })),
    steps,
  };
  await writeFile(join(place.dir, MANIFEST_NAME), `${JSON.stringify(manifest, null, 1)}\n`, { flag: 'wx' });
}

/** Beside layers in memory, which cover the directory for whoever looks from the demo's namespace. */
async function copyManifest(dir: string, pid: number): Promise<void> {
  const path = join(dir, MANIFEST_NAME);
  await writeFile(`/proc/${pid}/root${path}`, await readFile(path), { flag: 'wx' });
}

function handle(
  holder: Holder,
  facts: Pick<Demo, 'form' | 'inMemory' | 'dir' | 'pid' | 'stacks' | 'steps' | 'refused'>,
  madeFrom: string | null,
): Demo {
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await holder.end();
    // A holder that was killed outright could remove nothing. What stands there by now may be another demo, though.
    const left = await readManifest(facts.dir).catch(() => null);
    if (left?.holder.pid === holder.pid && left.holder.startTicks === holder.startTicks)
      await clear(facts.dir, madeFrom);
  };
  return {
    ...facts,
    mount: facts.stacks[0]?.mount ?? null,
    ended: holder.ended,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
