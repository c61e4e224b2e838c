import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { streamTransport } from '../../electron/pipe/streams.ts';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { type EngineContract, engineContract } from '../../shared/ipc/engine.ts';
import { type Client, createClient } from '../../shared/ipc/rpc.ts';
import { inMountNamespace } from './laboratory.ts';
import { unmount } from './libc.ts';
import { nestedStack, plainStack, type WatchedStack } from './no-trace-stacks.ts';
import { type Trace, withTraceCheck } from './trace.ts';

/**
 * `node e2e/kernel/no-trace.ts`: runs the program's commands on live mounts and prints what each left behind, one JSON
 * line a command. As root. The first lines are of commands that do leave traces: they show that the check sees them.
 */
export type TraceLine = {
  stack: string;
  command: string;
  /** Exit code, null where it was ended. */
  code: number | null;
  stderr: string;
  lines: number;
} & Pick<Trace<unknown>, 'changes' | 'writes' | 'mounts' | 'tracedCalls'>;

/** What came of unmounting everything while the program still ran. */
export type UnmountLine = { stack: string; unmounted: string[]; refused: string | null };

const program = join(import.meta.dirname, '../../electron/cli/index.ts');
const engineProgram = join(import.meta.dirname, '../../electron/engine/main.ts');
const stratoscope = (...args: string[]): string[] => [process.execPath, program, ...args];

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(argv: readonly string[]): Promise<Ended> {
  const child = start(argv);
  return child.ended;
}

function start(argv: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(argv[0] as string, argv.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

const say = (line: TraceLine | UnmountLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

async function check(stack: WatchedStack, command: string, argv: readonly string[]): Promise<void> {
  const { result, ...trace } = await withTraceCheck({ directories: stack.untouchables }, (traced) =>
    execute(traced(argv)),
  );
  const lines = result.stdout.split('\n').length - 1;
  say({ stack: stack.name, command, code: result.code, stderr: result.stderr, lines, ...trace });
}

/** Commands of the shell that do leave traces, each in its own way. */
async function checkTheCheck(stack: WatchedStack): Promise<void> {
  const upper = stack.untouchables[0] as string;
  await check(stack, 'read a file', ['cat', join(upper, stack.path)]);
  await check(stack, 'read a symlink', ['readlink', join(upper, 'd/link')]);
  await check(stack, 'list a directory', ['ls', upper]);
  await check(stack, 'mount', ['sh', '-c', 'mount -t tmpfs none /mnt && umount /mnt']);
  await check(stack, 'write and restore', ['sh', '-c', `setfattr -n user.x ${upper}/d; setfattr -x user.x ${upper}/d`]);
  await check(stack, 'look through the mount', ['stat', join(stack.mount, stack.path)]);
}

async function checkProgram(stack: WatchedStack, directory: string): Promise<void> {
  await check(stack, 'list', stratoscope('list', '--format', 'ndjson'));
  await check(stack, 'scan', stratoscope('scan', stack.mount, '--hidden', '--format', 'ndjson'));
  await check(stack, 'tree', stratoscope('tree', stack.mount));
  await check(stack, 'explain', stratoscope('explain', stack.mount, stack.path));
  await check(stack, 'inode', stratoscope('inode', stack.mount, '18'));
  const map = (part: string, ...words: string[]): string[] =>
    stratoscope('map', part, ...words, '--db', join(directory, `${stack.name.replaceAll(' ', '-')}.map`));
  await check(stack, 'map build', map('build', stack.mount));
  await check(stack, 'map check', map('check', stack.mount));
  await check(stack, 'map show', map('show'));
}

/**
 * Browses the stack as a window does: opens it, expands everything, inspects every row, reads it again. Then, with the
 * view still open and the browser form running too, everything is unmounted, and not lazily.
 */
async function browseAndUnmount(stack: WatchedStack): Promise<void> {
  const served = start(stratoscope('serve', '--format', 'ndjson', stack.mount));
  let engine: ChildProcess | null = null;
  let stderr = '';
  try {
    await new Promise<void>((resolve, reject) => {
      served.child.stdout?.once('data', () => resolve());
      served.ended.then((ended) => reject(new Error(`serve ended: ${ended.stderr}`)), reject);
    });
    const { result: rows, ...trace } = await withTraceCheck({ directories: stack.untouchables }, async (traced) => {
      const [program, ...args] = traced([process.execPath, engineProgram]) as [string, ...string[]];
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
      engine = child;
      child.stderr.on('data', (text) => {
        stderr += text;
      });
      return browse(createClient(engineContract, streamTransport(child.stdout, child.stdin)), stack);
    });
    say({ stack: stack.name, command: 'browse', code: 0, stderr, lines: rows, ...trace });
    say({ stack: stack.name, ...unmountAll(stack) });
  } finally {
    served.child.kill('SIGTERM');
    (engine as ChildProcess | null)?.stdin?.end();
    await served.ended;
  }
}

/** Returns how many rows were inspected. */
async function browse(engine: Client<EngineContract>, stack: WatchedStack): Promise<number> {
  const { view } = await engine.call('open', { stack: { kind: 'mount', mount: asBytes(stack.mount) }, hidden: true });
  const ready = async (): Promise<void> => {
    for (;;) {
      const { phase } = await engine.call('state', { view });
      if (phase === 'ready') return;
      if (phase === 'failed' || phase === 'cancelled') throw new Error(`the view is ${phase}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await ready();
  const root = await engine.call('rows', { view, from: 0, count: 1 });
  for (const { id } of root.rows) await engine.call('expand', { view, id, open: true, deep: true });
  const { rows } = await engine.call('rows', { view, from: 0, count: 2000 });
  for (const { id } of rows) await engine.call('detail', { view, id });
  for (const { real } of rows) if (real) await engine.call('numbers', { view, number: real.ino, limit: 100 });
  await engine.call('upperUse', { view });
  await engine.call('rescan', { view });
  await ready();
  return rows.length;
}

function unmountAll(stack: WatchedStack): Omit<UnmountLine, 'stack'> {
  const unmounted: string[] = [];
  for (const path of stack.unmountInOrder) {
    try {
      unmount(asBytes(path));
    } catch (error) {
      return { unmounted, refused: (error as Error).message };
    }
    unmounted.push(path);
  }
  return { unmounted, refused: null };
}

if (import.meta.main) {
  process.exitCode = await inMountNamespace(import.meta.filename, async (directory) => {
    const spoilt = plainStack(directory, 'ext4');
    await checkTheCheck(spoilt);
    for (const path of spoilt.unmountInOrder) unmount(asBytes(path));
    for (const stack of [plainStack(directory, 'xfs'), nestedStack(directory)]) {
      await checkProgram(stack, directory);
      await browseAndUnmount(stack);
    }
    return 0;
  });
}
