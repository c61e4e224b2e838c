import { release } from 'node:os';
import type { ListLayer, ListObject } from '../../../shared/contract/scan.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { Exit } from '../failures.ts';
import { eyes } from '../people.ts';
import type { Session } from '../session.ts';
import { type Paint, paintFor, table } from '../text.ts';

/** `list`: every overlay mount of every mount namespace in sight. */
export async function list(session: Session, engine: Client<EngineContract>): Promise<number> {
  const { format, rows, output, progress, signal } = session;
  if (format !== 'table') rows.meta({ kernel: release() });
  const found: ListObject[] = [];
  const { closed } = await engine.call(
    'list',
    {},
    {
      signal,
      onItem: ({ facts }) => {
        if (format === 'table') found.push(facts);
        else rows.row(facts);
      },
    },
  );
  if (format === 'table') output.write(listTable(found, paintFor(output.isTerminal)));
  else rows.end();
  if (closed > 0) {
    const many = closed === 1 ? 'one mount namespace' : `${closed} mount namespaces`;
    progress.say(`stratoscope: the mounts of ${many} could not be read. Run it with sudo to see them.`);
  }
  return Exit.done;
}

const MODES: Record<ListObject['inodeMode'], string> = {
  'same-fs': 'same fs',
  xino: 'xino',
  none: 'none',
  unknown: 'unknown',
};

function listTable(found: ListObject[], paint: Paint): string {
  if (found.length === 0) return 'No overlay mount is in sight. stratoscope demo DIR makes one to look into.\n';
  const rows = found.map((one) => [
    one.mount === null ? '' : paint(eyes(one.mount, one.mountB64), 'bold'),
    one.name === null ? '' : eyes(one.name),
    one.pid === null ? '' : String(one.pid),
    one.dev ?? '',
    layersText(one),
    MODES[one.inodeMode],
    `${one.readonly ? 'ro' : 'rw'}${Object.entries(one.options)
      .map(([key, value]) => (value === '' ? ` ${key}` : ` ${key}=${value}`))
      .join('')}`,
  ]);
  const body = table(['MOUNT', 'NAME', 'PID', 'DEVICE', 'LAYERS', 'INODES', 'OPTIONS'], rows);
  const layers = found.flatMap((one) => one.layers.map((layer) => ({ one, layer })));
  // That nothing proves a lower is common, and told once; what is known to be amiss is told of each.
  const isPlain = ({ layer }: { layer: ListLayer }): boolean => layer.state === 'unverified' && layer.assumed !== true;
  const notes = layers
    .filter((pair) => pair.layer.state !== 'ok' && !isPlain(pair))
    .map(({ one, layer }) => troubleText(one, layer, paint));
  const unverified = layers.filter(isPlain).length;
  if (unverified > 0) {
    const which = unverified === 1 ? 'One layer is' : `${unverified} layers are`;
    notes.push(`${which} unverified: nothing proves that the directory at its path is the one that was mounted.`);
  }
  return notes.length === 0 ? body : `${body}\n${notes.join('\n')}\n`;
}

function layersText({ layers }: ListObject): string {
  const count = (role: ListLayer['role']): number => layers.filter((layer) => layer.role === role).length;
  const parts = [count('upper') > 0 ? 'upper' : '', `${count('lower')} lower`];
  if (count('data') > 0) parts.push(`${count('data')} data-only`);
  return parts.filter((part) => part !== '').join(' + ');
}

function troubleText(stack: ListObject, layer: ListLayer, paint: Paint): string {
  const which = layer.role === 'upper' ? 'upper' : `${layer.role === 'data' ? 'data-only' : 'lower'} ${layer.layer}`;
  const why = layer.why === undefined || layer.why === '' ? '' : `: ${eyes(layer.why)}`;
  const mount = stack.mount === null ? '' : `${eyes(stack.mount, stack.mountB64)} `;
  return `${mount}${which} ${eyes(layer.shown, layer.shownB64)} is ${paint(layer.state, 'warn')}${why}`;
}
