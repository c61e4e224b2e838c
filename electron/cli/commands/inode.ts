import { release } from 'node:os';
import type { NumberMeaning } from '../../../shared/contract/inode.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { Exit, messageOf } from '../failures.ts';
import { eyes } from '../people.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { paintFor, table } from '../text.ts';
import { showProgress, statusOfRead } from './read.ts';

/** `inode STACK NUMBER` and `inode --all NUMBER`: everything that the number means. `stack` null: every mount. */
export async function inode(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput | null,
  number: bigint,
  through: boolean,
): Promise<number> {
  const { format, rows, output, progress } = session;
  const all: NumberMeaning[] = [];
  let isUnknown = false;
  const isLines = stack === null && format !== 'table';
  if (isLines) rows.meta({ kernel: release() });
  const { meta, stacks, errors } = await engine.call(
    'inode',
    { stack, number: String(number), through },
    {
      signal: session.signal,
      onItem: (item) => {
        if ('layers' in item) return showProgress(session, item.layers);
        isUnknown ||= item.unknown;
        progress.clear();
        // Of many stacks each is told as soon as it is read.
        if (isLines) for (const one of item.found) rows.row(one);
        else all.push(...item.found);
      },
    },
  );
  progress.clear();
  if (format === 'table') output.write(meaningsTable(session, all, number, stacks, stack === null));
  else {
    if (meta !== null) rows.meta(meta);
    if (!isLines) for (const one of all) rows.row(one);
    rows.end();
  }
  if (isUnknown) progress.say('stratoscope: without privilege it is unknown which number what was copied up shows.');
  if (meta !== null) return statusOfRead(session, meta, errors);
  for (const { error } of errors) {
    const { code, message, path, hint } = error;
    const where = path === null ? {} : { path };
    progress.say(messageOf('cannot search', { code, message, ...where, ...(hint === null ? {} : { hint }) }));
  }
  return Exit.done;
}

function meaningsTable(
  { output }: Session,
  all: readonly NumberMeaning[],
  number: bigint,
  stacks: number,
  isMany: boolean,
): string {
  const where = isMany ? (stacks === 1 ? 'the one stack in sight' : `the ${stacks} stacks in sight`) : 'this stack';
  if (all.length === 0) return `${number} means nothing in ${where}.\n`;
  const paint = paintFor(output.isTerminal);
  const rows = all.map((one) => [
    one.as,
    String(one.ino),
    one.dev ?? '–',
    one.layer === 0 ? paint('U', 'upper') : paint(String(one.layer), 'lower'),
    stateText(one),
    ...(isMany ? [one.mount == null ? (one.stackDev ?? '') : eyes(one.mount, one.mountB64)] : []),
    pathText(one),
  ]);
  const mount = isMany ? ['MOUNT'] : [];
  return table(['AS', 'NUMBER', 'DEVICE', 'LAYER', 'STATE', ...mount, 'PATH'], rows, [1]);
}

const stateText = ({ state, hiddenBy }: NumberMeaning): string =>
  hiddenBy === undefined ? state : `${state}, hidden by ${hiddenBy}`;

function pathText({ path, pathB64, entryPath, entryPathB64, entry }: NumberMeaning): string {
  const own = entryPath === undefined ? entry : eyes(entryPath, entryPathB64);
  if (path === null) return `(no merged path: ${entry === undefined ? '' : 'index/'}${own ?? ''})`;
  const merged = path === '' ? '/' : eyes(path, pathB64);
  return own === undefined || entry !== undefined ? merged : `${merged} (there ${own === '' ? '/' : own})`;
}
