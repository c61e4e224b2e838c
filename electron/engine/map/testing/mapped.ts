/** What a map says, asked of the engine, and what the layers say by lstat. */
import { lstatSync } from 'node:fs';
import { asBytes } from '../../../../shared/bytes/bytes.ts';
import type { StackRef } from '../../../../shared/ipc/probe.ts';
import { MapChanged, MapFault, MapObject } from '../../../../shared/map/record.ts';
import type { Laboratory } from '../../testing/laboratory.ts';

const linesOf = (chunks: Uint8Array[]): unknown[] =>
  Buffer.concat(chunks)
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

/** A map in the laboratory's folder. */
export class Mapped {
  readonly #lab: Laboratory;
  readonly db;

  constructor(lab: Laboratory, name = 'stack.map') {
    this.#lab = lab;
    this.db = asBytes(lab.at(name));
  }

  /** Builds; gives what was done, path by path. */
  async build(stack: StackRef) {
    const chunks: Uint8Array[] = [];
    const call = { stack, db: this.db };
    const result = await this.#lab.client.call('mapBuild', call, { onChunk: (chunk) => chunks.push(chunk) });
    const [, ...rows] = linesOf(chunks);
    return { ...result, rows: rows.map((row) => MapChanged.parse(row)) };
  }

  /** All entries, by path. */
  async show(): Promise<Map<string, MapObject>> {
    const chunks: Uint8Array[] = [];
    await this.#lab.client.call('mapShow', { db: this.db }, { onChunk: (chunk) => chunks.push(chunk) });
    const [, ...rows] = linesOf(chunks);
    return new Map(rows.map((row) => MapObject.parse(row)).map((row) => [row.path, row]));
  }

  /** Faults by path, and the counts. */
  async check(stack: StackRef) {
    const chunks: Uint8Array[] = [];
    const call = { stack, db: this.db };
    const result = await this.#lab.client.call('mapCheck', call, { onChunk: (chunk) => chunks.push(chunk) });
    const [, ...rows] = linesOf(chunks);
    const faults = rows.map((row) => MapFault.parse(row));
    return { ...result, bad: Object.fromEntries(faults.map(({ path, fault }) => [path, fault])) };
  }

  async get(side: 'upper' | 'lower', { dev, ino }: { dev: string; ino: string }): Promise<MapObject[]> {
    return (await this.#lab.client.call('mapGet', { db: this.db, side, inode: { dev, ino } })).rows;
  }

  /** Device and number of a file, as lstat says. */
  inode(path: string): { dev: string; ino: string } {
    const { dev, ino } = lstatSync(this.#lab.at(path), { bigint: true });
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n);
    const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffffff00n);
    return { dev: `${major}:${minor}`, ino: String(ino) };
  }
}
