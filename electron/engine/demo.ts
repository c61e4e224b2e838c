import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Bytes, textOfBytes } from '../../shared/bytes/bytes.ts';
import { DemoManifest, MANIFEST_NAME, madeBy, stackMountedAt } from '../../shared/demo/manifest.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';

/** The terminal's program: its `demo` command builds the demo in a process of its own, since the engine writes nothing. */
const program = (): string =>
  fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../cli/index.ts' : './stratoscope.js', import.meta.url));

/** Holds the demo that the user opened, and tells of any demo's entries which command made them. */
export class DemoHolder {
  #child: ChildProcess | null = null;
  #open: { stack: StackRef; form: string } | null = null;
  readonly #manifests = new Map<string, DemoManifest | null>();

  /** Builds the demo (in a new folder where none is named) and answers once its main stack stands. */
  async open(directory: Bytes | null): Promise<{ stack: StackRef; form: string }> {
    if (this.#open) return this.#open;
    const folder = directory === null ? join(tmpdir(), `stratoscope-demo-${randomUUID()}`) : textOfBytes(directory);
    if (folder === null)
      throw new FailureError({
        code: 'bad-path',
        message: 'the name of the folder is not UTF-8',
        hint: 'name another',
      });
    const child = spawn(process.execPath, [program(), 'demo', folder, '--format', 'ndjson'], {
      // By the fourth, a channel, it hears when this process has gone, in whatever way.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    }) as ChildProcessByStdio<null, Readable, Readable>;
    this.#child = child;
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-4096);
    });
    child.on('exit', () => {
      if (this.#child !== child) return;
      this.#child = null;
      this.#open = null;
    });
    await new Promise<void>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line.includes('"stacks"')) resolve();
      });
      child.on('error', (error) => reject(new FailureError({ code: 'demo', message: error.message, path: folder })));
      child.on('exit', () => {
        const why = words.trim().split('\n').at(-1) ?? 'it ended at once';
        reject(new FailureError({ code: 'demo', message: why, path: folder }));
      });
    });
    const manifest = this.#manifest(folder);
    const main = manifest?.stacks[0];
    if (!manifest || !main) throw new FailureError({ code: 'demo', message: 'the demo has no manifest', path: folder });
    this.#open = { stack: main.ref, form: manifest.form };
    return this.#open;
  }

  /** The command that made an entry of a demo's stack; null where the stack is no demo's. */
  madeBy(ref: StackRef, path: Bytes): { command: string; about: string } | null {
    const inside = ref.kind === 'mount' ? ref.mount : ref.kind === 'directories' ? (ref.upper ?? ref.lowers[0]) : null;
    const text = inside ? textOfBytes(inside) : null;
    if (text === null) return null;
    for (const folder of [dirname(text), dirname(dirname(text))]) {
      const manifest = this.#manifest(folder);
      if (!manifest) continue;
      const stack = ref.kind === 'mount' ? stackMountedAt(manifest, ref.mount) : (manifest.stacks[0] ?? null);
      return stack ? madeBy(manifest, stack.name, path) : null;
    }
    return null;
  }

  #manifest(folder: string): DemoManifest | null {
    const known = this.#manifests.get(folder);
    if (known) return known;
    try {
      const parsed = DemoManifest.safeParse(JSON.parse(readFileSync(join(folder, MANIFEST_NAME), 'utf8')));
      if (!parsed.success) return null;
      this.#manifests.set(folder, parsed.data);
      return parsed.data;
    } catch {
      return null;
    }
  }

  /** Ends the demo that was opened here; what it made is removed. */
  async close(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#child = null;
    this.#open = null;
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGTERM');
    await ended;
  }
}
