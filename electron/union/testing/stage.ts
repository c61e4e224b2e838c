/** A filesystem of its own with a lower, an upper and a work directory, and sessions that work on them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { type Answer, Operation, type OperationLine } from '../../../shared/scheme/operation.ts';
import type { Step } from '../../../shared/scheme/steps.ts';
import { execute } from '../execute.ts';
import { type StartOptions, startUnion } from '../start.ts';
import type { Union } from '../union.ts';

/** Why a test that mounts cannot run, or null. */
export const cannotMount: string | null = process.getuid?.() === 0 ? null : 'needs root: it mounts filesystems';

const FILESYSTEMS = {
  ext4: 'truncate -s SIZEM fs.img; mkfs.ext4 -q -F -m 0 fs.img; mount -o loop,OPTIONS fs.img fs',
  xfs: 'truncate -s 320M fs.img; mkfs.xfs -q -f -m reflink=1 fs.img; mount -o loop,OPTIONS fs.img fs',
  btrfs: 'truncate -s 160M fs.img; mkfs.btrfs -q -f fs.img; mount -o loop,OPTIONS fs.img fs',
  tmpfs: 'mount -t tmpfs -o OPTIONS fs fs',
} as const;
export type FilesystemType = keyof typeof FILESYSTEMS;
export const FILESYSTEM_TYPES = Object.keys(FILESYSTEMS) as FilesystemType[];

/** A session of operations on a union. */
export class Session {
  readonly union: Union;
  /** Every step that was done, in order. */
  readonly steps: Step[] = [];

  constructor(options: StartOptions) {
    this.union = startUnion({ ...options, onStep: (step, ino) => this.steps.push({ step, ino }) });
  }

  ask(line: OperationLine): Answer {
    const operation = Operation.parse(line);
    if (operation.op === 'crash') throw new Error('a session in a test does not crash');
    return execute(this.union, operation);
  }

  /** What is answered in `ok`; throws where an errno is. */
  // biome-ignore lint/suspicious/noExplicitAny: each operation answers with fields of its own
  ok(line: OperationLine): any {
    const answer = this.ask(line);
    if ('errno' in answer) throw new Error(`${JSON.stringify(line)}: ${answer.errno}`);
    return answer.ok;
  }

  errno(line: OperationLine): string {
    const answer = this.ask(line);
    return 'errno' in answer ? answer.errno : 'ok';
  }

  /** Reads a descriptor's file from its beginning, as text. */
  text(fd: number): string {
    return Buffer.from(this.ok({ op: 'pread', fd, off: 0, len: 1 << 20 }).data, 'base64').toString('latin1');
  }

  /** Names of a directory with their numbers. */
  names(path: string): Record<string, string> {
    const { entries } = this.ok({ op: 'readdir', path });
    return Object.fromEntries(entries.map(({ name, dino }: { name: string; dino: string }) => [name, dino]));
  }

  end(): void {
    this.union.close();
  }
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'stratoscope-union-'));
  readonly #sessions: Session[] = [];

  constructor(type: FilesystemType, { size = 64, options = 'relatime' } = {}) {
    this.sh(`mkdir fs; ${FILESYSTEMS[type].replace('SIZE', String(size)).replace('OPTIONS', options)}`);
    this.sh('cd fs; mkdir l u w');
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  /** Runs a script of bash in the folder; returns what it prints. */
  sh(script: string): string {
    const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
    return execFileSync('bash', ['-ec', script], { cwd: this.folder, encoding: 'utf8', stdio, maxBuffer: 1 << 28 });
  }

  /** A session on fs/l, fs/u and fs/w, or what the options name instead. */
  start(options: Partial<StartOptions> = {}): Session {
    const place = (name: string) => asBytes(this.at(name));
    const session = new Session({
      lowers: [place('fs/l')],
      upper: place('fs/u'),
      work: place('fs/w'),
      store: 'memory',
      policy: 'last-close',
      sync: 'copy-up',
      db: null,
      ...options,
    });
    this.#sessions.push(session);
    return session;
  }

  /** Ends what is still going on, unmounts and removes all. */
  remove(): void {
    for (const session of this.#sessions) session.end();
    this.sh(
      `cd /; awk -v d="${this.folder}/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount -l "$m"; done`,
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}
