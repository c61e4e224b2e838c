/** A folder for real mounts, and an engine with its real probe that looks at them. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { type ErrorLine, ScanObject } from '../../../shared/contract/scan.ts';
import { type EngineContract, engineContract, type ObjectDetail, type ViewState } from '../../../shared/ipc/engine.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { type Client, createClient, transportPair } from '../../../shared/ipc/rpc.ts';
import { createEngine, type Engine } from '../index.ts';

/** Why a test that mounts cannot run, or null. */
export const cannotMount: string | null = process.getuid?.() === 0 ? null : 'needs root: it mounts filesystems';

/** How a filesystem of a type is made at `AT`, with what is in `SRC`. */
const FILESYSTEMS = {
  ext4: 'truncate -s 64M AT.img; mkfs.ext4 -q -F AT.img; mount -o loop AT.img AT; cp -a SRC/. AT',
  xfs: 'truncate -s 320M AT.img; mkfs.xfs -q -f AT.img; mount -o loop AT.img AT; cp -a SRC/. AT',
  btrfs: 'truncate -s 160M AT.img; mkfs.btrfs -q -f AT.img; mount -o loop AT.img AT; cp -a SRC/. AT',
  tmpfs: 'mount -t tmpfs AT AT; cp -a SRC/. AT',
  squashfs: 'mksquashfs SRC AT.img -quiet -noappend -no-progress >/dev/null; mount -o loop,ro AT.img AT',
  erofs: 'mkfs.erofs --quiet AT.img SRC >/dev/null; mount -o loop,ro AT.img AT',
} as const;
export type FilesystemType = keyof typeof FILESYSTEMS;
export const FILESYSTEM_TYPES = Object.keys(FILESYSTEMS) as FilesystemType[];

export class Laboratory {
  readonly folder = mkdtempSync(join(tmpdir(), 'stratoscope-engine-'));
  readonly client: Client<EngineContract>;
  /** Every state that the engine told of a view, in order. */
  readonly states: ViewState[] = [];
  readonly #engine: Engine;

  constructor() {
    chmodSync(this.folder, 0o755);
    const [mine, theirs] = transportPair();
    this.#engine = createEngine(theirs, { dataFolder: this.at('data') });
    this.client = createClient(engineContract, mine);
    this.client.on('view', (state) => this.states.push(state));
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a script of sh in the folder; returns what it prints. */
  sh(script: string): string {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    return execFileSync('bash', ['-ec', script], { cwd: this.folder, encoding: 'utf8', stdio, maxBuffer: 1 << 28 });
  }

  /** Makes and mounts a filesystem at `name`, with what is in the folder `source`. */
  filesystem(type: FilesystemType, name: string, source = 'empty'): void {
    this.sh(`mkdir -p empty ${name}; ${FILESYSTEMS[type].replaceAll('AT', name).replaceAll('SRC', source)}`);
  }

  /** Mounts an overlay at `name`; the paths in the options are relative to the folder. */
  overlay(name: string, options: string): void {
    this.sh(
      `mkdir -p ${name}; mount -t overlay o -o ${options.replace(/[=:](?=\w+\/)/g, (before) => `${before}${this.folder}/`)} ${name}`,
    );
  }

  mount(name: string): StackRef {
    return { kind: 'mount', mount: asBytes(this.at(name)) as never, pid: null };
  }

  directories(
    lowers: string[],
    upper: string | null = null,
    options: Record<string, string> = {},
    work: string | null = null,
  ): StackRef {
    const place = (name: string | null) => (name === null ? null : asBytes(this.at(name)));
    return {
      kind: 'directories',
      lowers: lowers.map((name) => asBytes(this.at(name))),
      data: [],
      upper: place(upper),
      work: place(work),
      options: options as Record<string, Bytes>,
    };
  }

  /** A whole scan with all that lies hidden, by path; each object held against its schema. */
  async scan(stack: StackRef): Promise<{ objects: Map<string, ScanObject>; errors: ErrorLine[] }> {
    const chunks: Uint8Array[] = [];
    const onChunk = (chunk: Uint8Array): void => void chunks.push(chunk);
    const { errors } = await this.client.call('scan', { stack, hidden: true }, { onChunk });
    const [, ...lines] = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
    const objects = lines.map((line) => ScanObject.parse(JSON.parse(line)));
    return { objects: new Map(objects.map((object) => [object.path, object])), errors };
  }

  async explain(stack: StackRef, path: string): Promise<ObjectDetail> {
    return (await this.client.call('explain', { stack, path: asBytes(path) })).detail;
  }

  /** Opens a view and waits until it is read, however that ends. */
  async open(stack: StackRef, hidden = false): Promise<number> {
    const { view } = await this.client.call('open', { stack, hidden });
    await this.settled(view);
    return view;
  }

  /** Waits until a view is no longer being read. */
  async settled(view: number): Promise<ViewState> {
    for (;;) {
      const state = await this.client.call('state', { view });
      if (state.phase !== 'reading' && state.phase !== 'merging') return state;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Names of all rows, each indented by its depth. */
  async names(view: number): Promise<string[]> {
    const { rows } = await this.client.call('rows', { view, from: 0, count: 2000 });
    return rows.map(({ name, depth }) => '  '.repeat(depth) + (depth === 0 ? '/' : name));
  }

  async row(view: number, path: string) {
    const found = await this.client.call('locate', { view, path: asBytes(path) });
    if (!found) throw new Error(`no row has the path ${path}`);
    const { rows } = await this.client.call('rows', { view, from: found.index, count: 1 });
    const [row] = rows;
    if (!row) throw new Error(`the row of ${path} is not where it was located`);
    return row;
  }

  /** Ends the engine, unmounts all that is mounted in the folder, and removes it. */
  async end(): Promise<void> {
    await this.#engine.close();
    this.sh(
      `cd /; awk -v d="${this.folder}/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount -l "$m"; done`,
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}
