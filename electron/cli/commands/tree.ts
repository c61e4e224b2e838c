import type { ScanMeta, ScanObject } from '../../../shared/contract/scan.ts';
import type { EngineContract } from '../../../shared/ipc/engine.ts';
import type { Client } from '../../../shared/ipc/rpc.ts';
import { depthOf, eyes, hasSize, nameOf, STRIP_KEY, sizeText, statusText, stripOf } from '../people.ts';
import type { Session } from '../session.ts';
import type { StackInput } from '../stack.ts';
import { type Paint, paintFor, width } from '../text.ts';
import { type ScanOptions, scan, scanLines } from './scan.ts';

type Line = { depth: number; strip: string; status: string; size: string; name: string; isDim: boolean };

/** `tree STACK`: the scan drawn for people; in a JSON format it is the scan itself. */
export async function tree(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  options: ScanOptions,
): Promise<number> {
  if (session.format !== 'table') return scan(session, engine, stack, options);
  const { output } = session;
  const paint = paintFor(output.isTerminal);
  const lines: Line[] = [];
  let strip: ReturnType<typeof stripOf> | null = null;
  let meta: ScanMeta['meta'] | null = null;
  const status = await scanLines(session, engine, stack, options, (line, isMeta) => {
    const value = JSON.parse(new TextDecoder().decode(line));
    if (isMeta) {
      meta = (value as ScanMeta).meta;
      strip = stripOf(meta, paint);
    } else if (strip !== null) lines.push(lineOf(value as ScanObject, strip.draw));
  });
  if (meta !== null) output.write(headOf(meta, paint));
  const stems = stemsOf(lines.map(({ depth }) => depth));
  const widest = lines.reduce((most, { status: text }) => Math.max(most, width(text)), 6);
  const statusWidth = Math.min(36, widest);
  for (const [i, line] of lines.entries()) {
    if (session.signal.aborted) break;
    const name = line.isDim ? paint(line.name, 'dim') : line.name;
    output.write(`${line.strip}  ${line.status.padEnd(statusWidth)}  ${line.size.padStart(6)}  ${stems[i]}${name}\n`);
    if (i % 1000 === 0) await output.drained();
  }
  output.write(`\n${STRIP_KEY}\n`);
  return status;
}

function lineOf(object: ScanObject, draw: (object: ScanObject) => string): Line {
  const target = object.target === undefined ? '' : ` -> ${eyes(object.target, object.targetB64)}`;
  const redirect = object.redirect === undefined ? '' : ` <- ${eyes(object.redirect, object.redirectB64)}`;
  return {
    depth: depthOf(object),
    strip: draw(object),
    status: statusText(object),
    size: hasSize(object) ? sizeText(object.size) : '',
    name: `${nameOf(object)}${object.type === 'dir' && object.path !== '' ? '/' : ''}${target}${redirect}`,
    isDim: object.hiddenBy !== null || object.type === 'whiteout',
  };
}

/** Which layer is which, above the tree. */
function headOf(meta: ScanMeta['meta'], paint: Paint): string {
  const rows = meta.layers.map((layer) => {
    const name = layer.layer === 0 ? 'U' : String(layer.layer);
    const path = layer.path === 'unknown' ? 'unknown' : eyes(layer.path, layer.pathB64);
    const state = layer.state === 'ok' ? '' : `  ${paint(layer.state, 'warn')}`;
    return `${paint(name.padStart(3), layer.role)}  ${layer.role.padEnd(5)}  ${layer.fs.type.padEnd(8)}  ${path}${state}`;
  });
  return `${rows.join('\n')}\n\n`;
}

/**
 * The lines before the names of a tree in depth-first order, from the depths alone: `├── ` where a later sibling
 * comes, `└── ` where none does.
 */
export function stemsOf(depths: number[]): string[] {
  const base = depths[0] ?? 0;
  const out = new Array<string>(depths.length);
  // From below: `more[d]` says that a line of depth d, not yet passed, is a later sibling of what comes above it.
  const more: boolean[] = [];
  for (let i = depths.length - 1; i >= 0; i--) {
    const depth = (depths[i] as number) - base;
    let stem = '';
    for (let d = 1; d < depth; d++) stem += more[d] ? '│   ' : '    ';
    if (depth > 0) stem += more[depth] ? '├── ' : '└── ';
    out[i] = stem;
    more.length = depth;
    more[depth] = true;
  }
  return out;
}
