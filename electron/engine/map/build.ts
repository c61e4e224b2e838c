import { join } from 'node:path';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import type { ProbeHolder } from '../machine.ts';
import type { StackScan } from '../scan.ts';
import { identityOf } from '../stack-identity.ts';
import type { InodeMap } from './inode-map.ts';
import { keepInStep, type Stepped } from './step.ts';
import { type Truth, truthOf } from './truth.ts';

/** Throws where nothing can be said of origins: the upper was not read, or privilege is missing. */
export function mustBeTold(scan: StackScan, truth: Truth): void {
  const { stack } = scan;
  const { trusted, handles } = stack.machine.privilege;
  const upper = scan.layers.find(({ layer }) => layer === 0);
  const needsPrivilege =
    !stack.marksReadable ||
    (upper?.error && !trusted) ||
    (truth.mappings.length === 0 && truth.unknown.size > 0 && !handles);
  if (needsPrivilege) {
    const message = 'what was copied up from where cannot be read without privilege';
    throw new FailureError({ code: 'needs-privilege', message, hint: 'run it with privilege' });
  }
  if (upper?.error)
    throw new FailureError({
      code: 'no-layer',
      message: `the upper could not be read: ${upper.error.message}`,
      hint: 'check that it still exists',
    });
}

/** Throws where the map is that of another upper. */
export function mustBeOf(map: InodeMap, scan: StackScan): void {
  const { upper } = identityOf(scan.stack.facts);
  const own = map.fact('upper');
  if (own === null || own === upper || map.count === 0) return;
  throw new FailureError({
    code: 'map-other-stack',
    message: 'it is the map of a stack with another upper directory, and was left alone',
    path: map.file,
    hint: 'name another file with --db',
  });
}

/** Brings a map up to date with a scan. `ref`: how the stack was named. Throws before anything is written, or not. */
export async function bringUpToDate(
  open: () => InodeMap,
  ref: StackRef,
  scan: StackScan,
  probe: ProbeHolder,
  signal: AbortSignal,
): Promise<{ map: InodeMap; stepped: Stepped }> {
  const truth = await truthOf(scan, probe.client, signal);
  mustBeTold(scan, truth);
  const map = open();
  mustBeOf(map, scan);
  const { id, upper } = identityOf(scan.stack.facts);
  map.writing(() => {
    map.setFact('stack', JSON.stringify(ref));
    map.setFact('identity', id);
    map.setFact('upper', upper ?? '');
  });
  return { map, stepped: await keepInStep(map, scan, truth, BigInt(scan.stack.facts.readAt), probe.client, signal) };
}

/** The path of the map of a scan's stack in the engine's folder. */
export const ownMapOf = (folder: string, scan: StackScan): string =>
  join(folder, `${identityOf(scan.stack.facts).id}.db`);
