import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { EngineContract, LayerProgress } from '../../../shared/ipc/engine.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import type { MapChanged, MapFault, MapObject } from '../../../shared/map/record.ts';
import { Exit, usage } from '../failures.ts';
import { eyes } from '../people.ts';
import { Lines } from '../rows.ts';
import type { Session } from '../session.ts';
import { absolute, type StackInput } from '../stack.ts';
import { paintFor } from '../text.ts';
import { showProgress, statusOfRead } from './read.ts';

/** `map build`, `map show`, `map get`, `map check`: the inode map of a stack, in a file. */

/** The map's file as named, made absolute. Throws where none is. */
export function mapFile(db: Bytes | undefined): Bytes {
  if (db === undefined || db === '') throw usage('no file is named', 'name the map with --db FILE');
  return absolute(db);
}

/** Hands out lines of NDJSON as the format has them: as they are, as one document, or drawn for people. */
class Printer<T> {
  readonly #session: Session;
  readonly #draw: (object: T) => string;
  readonly #head: string;
  #isHeaded = false;
  readonly #lines: Lines;

  constructor(session: Session, head: string, draw: (object: T) => string) {
    this.#session = session;
    this.#head = head;
    this.#draw = draw;
    let isMeta = true;
    this.#lines = new Lines((line) => {
      this.#line(new TextDecoder().decode(line), isMeta);
      isMeta = false;
    });
  }

  readonly take = (chunk: Uint8Array): void => {
    this.#session.progress.clear();
    if (this.#session.format === 'ndjson') this.#session.output.write(chunk);
    else this.#lines.push(chunk);
  };

  #line(text: string, isMeta: boolean): void {
    const { format, rows } = this.#session;
    if (format === 'table') {
      if (!isMeta) this.row(JSON.parse(text) as T);
    } else if (isMeta) rows.metaLine(text);
    else rows.rowLine(text);
  }

  row(object: T): void {
    const text = this.#draw(object);
    if (text === '') return;
    this.#session.output.write(this.#isHeaded ? text : this.#head + text);
    this.#isHeaded = true;
  }

  end(): void {
    this.#session.progress.clear();
    // What was said is not the whole, and must not look like it.
    if (this.#session.signal.aborted) throw new FailureError({ code: 'cancelled', message: 'interrupted' });
    if (this.#session.format !== 'table') this.#session.rows.end();
  }
}

const inode = ({ dev, ino }: { dev: string; ino: string }): string => `${dev}:${ino}`;
const since = (ns: string): string =>
  ns === 'unknown' ? 'unknown' : new Date(Number(BigInt(ns) / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ');
const pathText = ({ path, pathB64 }: MapObject): string => (path === '' ? '/' : eyes(path, pathB64));

const HEAD = `${'UPPER'.padEnd(20)}  ${'LOWER'.padEnd(20)}  LAYER  ${'SINCE (UTC)'.padEnd(19)}  PATH\n`;
const columns = (one: MapObject): string =>
  `${inode(one.upper).padEnd(20)}  ${inode(one.lower).padEnd(20)}  ${String(one.lower.layer).padStart(5)}  ${since(one.since).padEnd(19)}  ${pathText(one)}`;

const progressOf =
  (session: Session) =>
  ({ layers }: { layers: LayerProgress[] }): void =>
    showProgress(session, layers);

const many = (count: number, one: string, more: string): string =>
  `${count.toLocaleString('en')} ${count === 1 ? one : more}`;

/** Says the counts to people; to a program only what its rows do not tell. */
function conclude({ format, output, progress }: Session, counts: string, notes: string[]): void {
  if (format === 'table') output.write(`${[counts, ...notes].join('; ')}.\n`);
  else if (notes.length > 0) progress.say(`stratoscope: ${notes.join('; ')}.`);
}

/** `map build STACK --db FILE`. */
export async function mapBuild(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  db: Bytes,
  through: boolean,
): Promise<number> {
  // To people the counts are enough: what is in it, `map show` says.
  const printer = new Printer<MapChanged>(session, '', () => '');
  const done = await engine.call(
    'mapBuild',
    { stack, db, through },
    { signal: session.signal, onChunk: printer.take, onItem: progressOf(session) },
  );
  printer.end();
  const { mappings, added, changed, removed, unknown } = done;
  const counts = `${many(mappings, 'mapping', 'mappings')}: ${added} added, ${changed} changed, ${removed} removed`;
  conclude(
    session,
    counts,
    unknown === 0 ? [] : [`of ${many(unknown, 'upper inode', 'upper inodes')} nothing is known`],
  );
  return statusOfRead(session, done.meta, done.errors);
}

/** `map show --db FILE`. */
export async function mapShow(session: Session, engine: Client<EngineContract>, db: Bytes): Promise<number> {
  const printer = new Printer<MapObject>(session, HEAD, (one) => `${columns(one)}\n`);
  const { rows } = await engine.call('mapShow', { db }, { signal: session.signal, onChunk: printer.take });
  printer.end();
  if (session.format === 'table' && rows === 0) session.output.write('The map is empty.\n');
  return Exit.done;
}

/** `map get --db FILE (--upper DEV:INO | --lower DEV:INO)`. What is not mapped prints nothing. */
export async function mapGet(
  session: Session,
  engine: Client<EngineContract>,
  db: Bytes,
  side: 'upper' | 'lower',
  inode: { dev: string; ino: string },
): Promise<number> {
  const { meta, rows } = await engine.call('mapGet', { db, side, inode }, { signal: session.signal });
  if (session.format !== 'table') {
    session.rows.meta(meta);
    for (const row of rows) session.rows.row(row);
    session.rows.end();
  } else if (rows.length > 0) session.output.write(`${HEAD}${rows.map((row) => `${columns(row)}\n`).join('')}`);
  return Exit.done;
}

/** `map check STACK --db FILE`. */
export async function mapCheck(
  session: Session,
  engine: Client<EngineContract>,
  stack: StackInput,
  db: Bytes,
  through: boolean,
): Promise<number> {
  const paint = paintFor(session.output.isTerminal);
  const printer = new Printer<MapFault>(session, '', (one) => {
    const numbers = `upper ${inode(one.upper)}, lower ${inode(one.lower)} on layer ${one.lower.layer}`;
    return `${paint(one.fault, 'warn')}  ${pathText(one)}  (${numbers}): ${eyes(one.why)}\n`;
  });
  const { meta, checked, faults, unknown, missing, errors } = await engine.call(
    'mapCheck',
    { stack, db, through },
    { signal: session.signal, onChunk: printer.take, onItem: progressOf(session) },
  );
  printer.end();
  const notes = [
    unknown === 0 ? '' : `of ${many(unknown, 'entry or upper inode', 'entries and upper inodes')} nothing is known`,
    missing === 0 ? '' : `${many(missing, 'upper inode is', 'upper inodes are')} not in it yet`,
  ].filter((note) => note !== '');
  conclude(session, `${many(checked, 'entry', 'entries')} checked, ${many(faults, 'is', 'are')} bad`, notes);
  const status = statusOfRead(session, meta, errors);
  return status === Exit.done && faults > 0 ? Exit.found : status;
}

/** What `--upper` or `--lower` names, as the engine takes it. Throws where it is no inode, or both or none are named. */
export function inodeWords(
  upper: Bytes | undefined,
  lower: Bytes | undefined,
  parse: (text: string) => { dev: string; ino: bigint } | null,
): { side: 'upper' | 'lower'; inode: { dev: string; ino: string } } {
  const hint = 'name --upper MAJOR:MINOR:INODE or --lower MAJOR:MINOR:INODE, as in --upper 8:1:1234';
  if ((upper === undefined) === (lower === undefined))
    throw usage(upper === undefined ? 'no inode is named' : 'two inodes are named', hint);
  const side = upper === undefined ? 'lower' : 'upper';
  const text = upper ?? lower ?? asBytes('');
  const found = parse(text);
  if (found === null) throw usage(`--${side} ${textForEyes(text)} is no inode`, hint);
  return { side, inode: { dev: found.dev, ino: String(found.ino) } };
}
