import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { createInterface, type Interface } from 'node:readline';
import { type DemoForm, MANIFEST_NAME } from '../../shared/demo/manifest.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { BACKUP, CAUTIOUS_MOUNT, DATA, LOWERS, MAIN_MOUNT, RESTORED_MOUNT } from './chapters/mounts.ts';
import { PROLOGUE } from './script.ts';
import { setfattrIfMissing } from './setfattr.ts';
import type { Plan } from './step.ts';

/** Every name that a demo makes in its directory. Nothing else there is ever removed. */
export const MADE_NAMES = [
  ...LOWERS,
  DATA,
  'upper',
  'work',
  MAIN_MOUNT,
  CAUTIOUS_MOUNT,
  RESTORED_MOUNT,
  'restore-upper',
  'restore-work',
  BACKUP,
  `${BACKUP}.img`,
  // The manifest goes last: whatever interrupts a removal, the rest is still known as the demo's.
  MANIFEST_NAME,
];

/** Mount points of a demo, those that lie on others first. */
const MOUNTS = [CAUTIOUS_MOUNT, MAIN_MOUNT, RESTORED_MOUNT, BACKUP];

/** What the holder's shell is called ($0). */
const HOLDER_NAME = 'stratoscope-demo';

/** Begins the line in which the holder says how a step ended; whatever the step itself says comes before. */
const STATUS = 'stratoscope-demo-status';

/**
 * The program of the holder, a shell: it runs each line that it reads, answers with the exit status, and so keeps the
 * mount namespace. When its input ends, because the demo is over or because the parent died in whatever way, or when
 * it is told to end, it removes what the demo made. $1 is the topmost directory to remove if it is empty by then,
 * $2 the mount points to be freed first, below the directory or `.`, the directory itself.
 */
const PROGRAM = `
dir=$PWD
remove() {
  trap '' HUP INT TERM
  cd / || return
  for mount in $2; do umount -l -- "$dir/$mount" 2>/dev/null; done
  for name in ${MADE_NAMES.join(' ')}; do rm -rf -- "$dir/$name"; done
  while [ -n "$1" ]; do
    rmdir -- "$dir" 2>/dev/null || break
    [ "$dir" = "$1" ] && break
    dir=\${dir%/*}
  done
}
trap 'remove "$1" "$2"' EXIT
trap 'exit 143' HUP INT TERM
trap '' PIPE
exec 2>&1
echo "${STATUS} ready"
while IFS= read -r line; do
  eval "$line" </dev/null
  printf '\\n%s %s\\n' '${STATUS}' "$?"
done
`;

/** As a slave, the namespace keeps its mounts to itself, and keeps none alive that others unmount. */
const UNSHARE: Record<DemoForm, string[]> = {
  root: ['unshare', '--mount', '--propagation', 'slave', '--'],
  userns: ['unshare', '--user', '--map-root-user', '--mount', '--propagation', 'slave', '--'],
  directories: [],
};

/** The line of `/proc/PID/stat` after the command, split: index 0 is the state. Null: there is no such process. */
function processStat(pid: number): string[] | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return null;
  }
}

/** When a process started, in clock ticks since boot (proc(5), field 22), or null: it has ended. */
export function startTicks(pid: number): string | null {
  const fields = processStat(pid);
  return fields === null || fields[0] === 'Z' ? null : (fields[19] ?? null);
}

/** Whether this process is a demo's holder, and the one that started then. */
export function isHolder(pid: number, ticks: string): boolean {
  if (startTicks(pid) !== ticks) return false;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(HOLDER_NAME);
  } catch {
    return false;
  }
}

/** A shell in the demo's directory, in the namespaces of its form, ready for steps. */
export class Holder {
  readonly pid: number;
  /** When it started, as startTicks() says: with the pid, it names this process for good. */
  readonly startTicks: string;
  /** Fulfilled once it has ended, and so has removed what the demo made. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #lines: Interface;
  #said = '';

  private constructor(child: ChildProcessWithoutNullStreams, pid: number) {
    this.#child = child;
    this.pid = pid;
    this.startTicks = startTicks(pid) ?? '0';
    this.ended = new Promise((resolve) => child.once('close', () => resolve()));
    this.#lines = createInterface({ input: child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    // Only what comes before the shell runs, unshare's own words, comes this way.
    child.stderr.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString('utf8');
    });
    // A write to a holder that has just ended; run() learns of the end by the missing answer.
    child.stdin.on('error', () => {});
  }

  /**
   * Starts a holder. `madeFrom` as in the manifest; of the plan, form and inMemory count. Fails with code
   * `no-namespace` where the namespaces are refused, `missing-tool` where there is no unshare.
   */
  static async start({ form, inMemory }: Plan, dir: string, madeFrom: string | null): Promise<Holder> {
    const mounts = form === 'directories' ? [] : [...MOUNTS, ...(inMemory ? ['.'] : [])];
    const parameters = [PROGRAM, HOLDER_NAME, madeFrom ?? '', mounts.join(' ')];
    const [command = 'sh', ...words] = [...UNSHARE[form], 'sh', '-c', ...parameters];
    const child = spawn(command, words, {
      cwd: dir,
      // A session of its own: a Ctrl-C at the terminal is for the parent, which then ends the demo in order.
      detached: true,
      stdio: 'pipe',
      env: { ...process.env, NODE: process.execPath, PWD: dir },
    });
    const { pid } = child;
    if (pid === undefined) {
      await new Promise((resolve) => child.once('error', resolve));
      throw new FailureError({
        code: 'missing-tool',
        message: `${command} cannot be started`,
        hint: 'install util-linux',
      });
    }
    const holder = new Holder(child, pid);
    if ((await holder.#answer()) !== 'ready') {
      await holder.ended;
      throw new FailureError({
        code: 'no-namespace',
        message: `the kernel refuses the namespaces of form ${form}: ${holder.#takeSaid()}`,
        path: dir,
        hint: form === 'root' ? 'run it as root' : 'unprivileged user namespaces are switched off here',
      });
    }
    try {
      for (const line of [...PROLOGUE, setfattrIfMissing()]) await holder.run(line);
    } catch (error) {
      await holder.end();
      throw error;
    }
    return holder;
  }

  /** Runs one line of shell. Fails with code `step-failed` and what the command said. */
  async run(line: string): Promise<void> {
    if (line.includes('\n')) throw new Error(`a step is one line: ${JSON.stringify(line)}`);
    this.#said = '';
    this.#child.stdin.write(`${line}\n`);
    const status = await this.#answer();
    if (status === '0') return;
    const said = this.#takeSaid();
    throw new FailureError({
      code: status === null ? 'holder-ended' : 'step-failed',
      message: `${said === '' ? `exit status ${status ?? 'unknown'}` : said} (in: ${line})`,
      ...(status === '127' ? { hint: missingHint(said) } : {}),
    });
  }

  /** Ends the holder, which removes what the demo made. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    await this.ended;
    this.#lines.close();
  }

  /** The status of the step, or null: the holder has ended. What is said before it is kept for #takeSaid(). */
  async #answer(): Promise<string | null> {
    for (;;) {
      const { value, done } = await this.#answers.next();
      if (done) return null;
      if (value.startsWith(`${STATUS} `)) return value.slice(STATUS.length + 1);
      this.#said = `${this.#said}${value}\n`.slice(-4000);
    }
  }

  #takeSaid(): string {
    const said = this.#said.trim().replaceAll(/\n+/g, '; ');
    this.#said = '';
    return said;
  }
}

/** Which package brings the command that the shell did not find. */
function missingHint(said: string): string {
  if (said.includes('mount')) return 'install the package util-linux, or mount where it is apart';
  return 'install coreutils';
}

/** Sends SIGTERM to a holder that an earlier process started, and waits until it has removed its demo. */
export async function endForeignHolder(pid: number, ticks: string, waitMs: number): Promise<boolean> {
  try {
    process.kill(pid, constants.signals.SIGTERM);
  } catch {
    return !isHolder(pid, ticks);
  }
  for (const until = Date.now() + waitMs; Date.now() < until; ) {
    if (!isHolder(pid, ticks)) return true;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return false;
}
