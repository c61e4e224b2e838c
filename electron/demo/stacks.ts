import { asBytes, type Bytes, bytesOfText } from '../../shared/bytes/bytes.ts';
import type { DemoStack } from '../../shared/demo/manifest.ts';
import {
  BACKUP,
  CAUTIOUS_MOUNT,
  CAUTIOUS_OPTIONS,
  DATA,
  LOWERS,
  MAIN_MOUNT,
  MAIN_OPTIONS,
  RESTORED_MOUNT,
  RESTORED_OPTIONS,
} from './chapters/mounts.ts';
import type { Plan } from './step.ts';

/** A stack of the demo with the layers that it has, also where it is a mount. */
export type BuiltStack = DemoStack & {
  /** Where it is mounted, in the namespace of the demo; null for directories. */
  mount: string | null;
  /** Top first; layers as the terminal contract orders them: upper, lowers, data-only. */
  layers: { role: 'upper' | 'lower' | 'data'; path: string }[];
  work: string | null;
  /** The options that it was, or would be, mounted with, beside its layers. */
  options: Record<string, string>;
};

/** The stacks of a demo that stands in `dir`, main first. `pid` holds the namespace; null for directories. */
export function demoStacks(plan: Plan, dir: string, pid: number | null): BuiltStack[] {
  const at = (name: string): string => `${dir}/${name}`;
  const lowers = LOWERS.map((name) => ({ role: 'lower' as const, path: at(name) }));
  const data = plan.data ? [{ role: 'data' as const, path: at(DATA) }] : [];
  const reference = (mount: string): DemoStack['ref'] => ({ kind: 'mount', mount: bytesOfText(at(mount)), pid });
  const userxattr: Record<string, Bytes> = { userxattr: asBytes('') };
  const main: BuiltStack = {
    name: 'main',
    about: 'One of everything.',
    mount: plan.form === 'directories' ? null : at(MAIN_MOUNT),
    layers: [{ role: 'upper', path: at('upper') }, ...lowers, ...data],
    work: at('work'),
    options: plan.form === 'root' ? MAIN_OPTIONS : userxattr,
    ref:
      plan.form === 'directories'
        ? {
            kind: 'directories',
            lowers: lowers.map(({ path }) => bytesOfText(path)),
            data: [],
            upper: bytesOfText(at('upper')),
            work: bytesOfText(at('work')),
            options: userxattr,
          }
        : reference(MAIN_MOUNT),
  };
  if (plan.form !== 'root') return [main];
  const cautious: BuiltStack = {
    name: 'cautious',
    about: 'The lower layers of main, under options that refuse redirects and metacopy.',
    mount: at(CAUTIOUS_MOUNT),
    layers: lowers,
    work: null,
    options: CAUTIOUS_OPTIONS,
    ref: reference(CAUTIOUS_MOUNT),
  };
  if (!plan.image) return [main, cautious];
  const restored: BuiltStack = {
    name: 'restored',
    about: 'Two layers on two filesystems, one of them without uuid: what numbers look like then.',
    mount: at(RESTORED_MOUNT),
    layers: [
      { role: 'upper', path: at('restore-upper') },
      { role: 'lower', path: at(BACKUP) },
    ],
    work: at('restore-work'),
    options: RESTORED_OPTIONS,
    ref: reference(RESTORED_MOUNT),
  };
  return [main, cautious, restored];
}
