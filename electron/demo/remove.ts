import { chmod, lstat, readdir, readFile, realpath, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { bytesOfText, textOfBytes } from '../../shared/bytes/bytes.ts';
import { DemoManifest, MANIFEST_NAME } from '../../shared/demo/manifest.ts';
import { FailureError } from '../../shared/ipc/rpc.ts';
import { endForeignHolder, isHolder, MADE_NAMES } from './holder.ts';

/** How long a holder may take to remove its demo. */
const HOLDER_MS = 10_000;

/** The manifest in `dir`. Fails with code `no-demo` where there is none, or one that is not the demo's. */
export async function readManifest(dir: string): Promise<DemoManifest> {
  const refuse = (message: string): never => {
    throw new FailureError({
      code: 'no-demo',
      message,
      path: dir,
      hint: 'only a directory that holds a demo is cleared; remove anything else by hand',
    });
  };
  let text: string;
  try {
    text = await readFile(join(dir, MANIFEST_NAME), 'utf8');
  } catch (error) {
    return refuse(`there is no demo here: ${MANIFEST_NAME} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(`${MANIFEST_NAME} is not the demo's: it is not JSON`);
  }
  const manifest = DemoManifest.safeParse(value);
  if (!manifest.success) return refuse(`${MANIFEST_NAME} is not the demo's: its shape is another`);
  return manifest.data;
}

/** Mount points at or below `dir` in this process's own namespace, where a script run by hand may have left some. */
async function mountsBelow(dir: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'latin1')).split('\n');
  const points = lines.flatMap((line) => {
    const field = line.split(' ')[4];
    return field === undefined
      ? []
      : [field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))];
  });
  const prefix = `${bytesOfText(dir)}/`;
  return points.filter((point) => point.startsWith(prefix));
}

/** Removes a tree, also one whose directories refuse their owner (an overlay's work directories have mode 0000). */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
    return;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  const open = async (directory: Buffer): Promise<void> => {
    await chmod(directory, 0o700);
    for (const name of await readdir(directory, { encoding: 'buffer' })) {
      const child = Buffer.concat([directory, Buffer.from('/'), name]);
      if ((await lstat(child)).isDirectory()) await open(child);
    }
  };
  await open(Buffer.from(path));
  await rm(path, { recursive: true, force: true });
}

/** Removes what a demo made in `dir`, and `dir` and its parents up to `madeFrom` where they are empty then. */
export async function clear(dir: string, madeFrom: string | null): Promise<void> {
  for (const name of MADE_NAMES) await removeTree(join(dir, name));
  if (madeFrom === null) return;
  for (let at = dir; ; at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return;
    }
    if (at === madeFrom) return;
  }
}

/**
 * Clears what a demo left in the directory `place`: ends the process that holds it, if that is still there, and removes what it made,
 * nothing else. Fails with code `no-demo` where it does not hold one, `not-yours`
 * where another user's stands there, `mounted` where an overlay of it is mounted in
 * this process's own namespace, `busy` where the holder does not end.
 */
export async function removeDemo(place: string): Promise<void> {
  const dir = await realpath(place).catch(() => resolve(place));
  const manifest = await readManifest(dir);
  // Whoever wrote the manifest says which process is ended, so it has to be the one who asks for that.
  const { uid } = await lstat(join(dir, MANIFEST_NAME));
  if (uid !== process.geteuid?.()) {
    throw new FailureError({
      code: 'not-yours',
      message: `the demo here is that of the user with id ${uid}`,
      path: dir,
      hint: 'remove it as that user',
    });
  }
  const mounted = await mountsBelow(dir);
  if (mounted.length > 0) {
    throw new FailureError({
      code: 'mounted',
      message: `it is mounted at ${mounted.join(', ')}`,
      path: dir,
      hint: `umount ${mounted.join(' ')}`,
    });
  }
  const { pid, startTicks: ticks } = manifest.holder;
  if (isHolder(pid, ticks) && !(await endForeignHolder(pid, ticks, HOLDER_MS))) {
    throw new FailureError({
      code: 'busy',
      message: `process ${pid} still holds it`,
      path: dir,
      hint: `end it: kill ${pid}`,
    });
  }
  await clear(dir, manifest.madeFrom === null ? null : textOfBytes(manifest.madeFrom));
}
