import { z } from 'zod';
import type { Bytes } from '../bytes/bytes.ts';
import { BytesText, StackRef } from '../ipc/probe.ts';

/**
 * What the demo leaves beside its layers, so that whoever opens the stack can say which command made each entry, and
 * so that its removal touches nothing that the demo did not make.
 */

/** Name of the manifest, in the demo's directory: beside the layers, never inside one. */
export const MANIFEST_NAME = 'stratoscope-demo.json';
export const MANIFEST_VERSION = 1;

/**
 * How the demo stands: `root` an overlay mount with every option, in a mount namespace of its own; `userns` the same
 * in a user namespace, with userxattr; `directories` layers without a mount, marked as userxattr reads them.
 */
export const DemoForm = z.enum(['root', 'userns', 'directories']);
export type DemoForm = z.infer<typeof DemoForm>;

/** One command of the demo, a line of POSIX sh that runs in the demo's directory. */
export const DemoStep = z.object({
  command: z.string().min(1),
  /** Paths relative to the merged root that it makes or changes, the root itself as ''. */
  makes: z.array(BytesText),
  /** What it teaches, in one sentence. */
  about: z.string().min(1),
  /** Names of the stacks that these paths are of. */
  stacks: z.array(z.string()).min(1),
});
export type DemoStep = z.infer<typeof DemoStep>;

/** One stack of the demo. `main` comes first; the others show what other options and filesystems change. */
export const DemoStack = z.object({ name: z.string(), about: z.string(), ref: StackRef });
export type DemoStack = z.infer<typeof DemoStack>;

export const DemoManifest = z.object({
  stratoscopeDemo: z.literal(MANIFEST_VERSION),
  form: DemoForm,
  /** The process that holds the namespace, and when it started (clock ticks since boot, as /proc/PID/stat says). */
  holder: z.object({ pid: z.number().int().positive(), startTicks: z.string().regex(/^\d+$/) }),
  /** The topmost directory that was made for the demo to stand in; null where the demo's directory was there. */
  madeFrom: BytesText.nullable(),
  stacks: z.array(DemoStack).min(1),
  steps: z.array(DemoStep),
});
export type DemoManifest = z.infer<typeof DemoManifest>;

/** The stack that is mounted there, or null. Where none is mounted (form directories) the only stack is the first. */
export function stackMountedAt(manifest: Pick<DemoManifest, 'stacks'>, mount: Bytes): DemoStack | null {
  return manifest.stacks.find(({ ref }) => ref.kind === 'mount' && ref.mount === mount) ?? null;
}

/** The steps that made or changed what stands at this path of a stack's merged tree, in the order in which they ran. */
export function stepsFor(manifest: Pick<DemoManifest, 'steps'>, stack: string, path: Bytes): DemoStep[] {
  return manifest.steps.filter((step) => step.stacks.includes(stack) && step.makes.includes(path));
}

/** The same as one text for a person: the commands a line each, and what the last of them teaches. Null: none made it. */
export function madeBy(
  manifest: Pick<DemoManifest, 'steps'>,
  stack: string,
  path: Bytes,
): { command: string; about: string } | null {
  const steps = stepsFor(manifest, stack, path);
  const last = steps.at(-1);
  return last ? { command: steps.map((step) => step.command).join('\n'), about: last.about } : null;
}
