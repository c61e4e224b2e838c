import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import type { Observed } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { nestedHandle, parseHandle } from '../../../shared/xattrs/index.ts';
import { type Probe, startProbe } from '../client.ts';
import { cannotMount, Sandbox } from '../testing/machine.ts';

const sandbox = new Sandbox();
let probe: Probe;
let at = '';
let dev = '';
const sh = (script: string): string => execFileSync('bash', ['-ec', script], { cwd: at, encoding: 'utf8' });
const failureOf = (error: unknown) => (error instanceof FailureError ? error.failure : { code: String(error) });

type Asked = { path: string; names: string[]; others?: boolean };
async function observe(asked: Asked[], handles = false): Promise<{ error: string | null; observed: Observed[] }[]> {
  const out = asked.map(() => ({ error: null as string | null, observed: [] as Observed[] }));
  const directories = asked.map(({ path, names, others = false }) => ({
    path: asBytes(path),
    names: names.map(asBytes),
    others,
  }));
  await probe.client.call(
    'observe',
    { dev, directories, handles },
    {
      onItem: ({ directory, error, observed }) => {
        const one = out[directory] as (typeof out)[number];
        one.error ??= error;
        one.observed.push(...observed);
      },
    },
  );
  return out;
}
const one = async (path: string, name: string, handles = false): Promise<Observed> => {
  const [first] = await observe([{ path, names: [name] }], handles);
  return first?.observed[0] as Observed;
};

describe.skipIf(cannotMount !== null)(`observe${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  beforeAll(() => {
    probe = startProbe();
    at = sandbox.filesystem('ext4');
    for (const name of ['l', 'l/d', 'l/sub', 'u', 'w', 'merged', 'other']) mkdirSync(`${at}/${name}`);
    for (const name of ['f', 'd/g', 'sub/under']) writeFileSync(`${at}/l/${name}`, name);
    writeFileSync(`${at}/other/over`, 'over');
    symlinkSync('f', `${at}/l/link`);
    symlinkSync('d', `${at}/l/to-dir`);
    sh('mkfifo l/fifo; mknod l/null c 1 3; mkdir -p l/loop; printf bad > "$(printf \'l/bad\\377\')"');
    const options = `lowerdir=${at}/l,upperdir=${at}/u,workdir=${at}/w`;
    sandbox.mount('-t', 'overlay', 'overlay', '-o', options, `${at}/merged`);
    sandbox.mount('--bind', `${at}/other`, `${at}/merged/sub`);
    dev = sh('stat -c %Hd:%Ld merged').trim();
  });
  afterAll(async () => {
    await probe.close();
    sandbox.remove();
  });

  test('tells of a name what lstat, the listing and fstat tell', async () => {
    const stat = lstatSync(`${at}/merged/f`, { bigint: true });
    expect(await one('', 'f')).toEqual({
      name: 'f',
      listed: { ino: `${stat.ino}`, type: 8 },
      stat: { dev, ino: `${stat.ino}`, nlink: 1, mode: Number(stat.mode) },
      fstat: { dev, ino: `${stat.ino}` },
    });
    const root = await one('', '');
    expect(root).toMatchObject({ name: '', stat: { dev, mode: 0o40755 }, fstat: { dev } });
    expect(root).not.toHaveProperty('listed');
    expect(await one('', 'none')).toEqual({ name: 'none', listed: null, stat: { errno: 'ENOENT' }, fstat: null });
    expect(await one('', 'bad\xff')).toMatchObject({ listed: { type: 8 }, stat: { nlink: 1 } });
  });

  test('follows nothing, and opens no device and no fifo', async () => {
    for (const [name, type] of [
      ['link', 0o120000],
      ['to-dir', 0o120000],
      ['fifo', 0o010000],
      ['null', 0o020000],
    ] as const) {
      const seen = await one('', name);
      expect([name, 'mode' in seen.stat && seen.stat.mode & 0o170000, seen.fstat]).toEqual([name, type, null]);
    }
    expect(await observe([{ path: 'to-dir', names: ['g'] }])).toEqual([{ error: 'ELOOP', observed: [] }]);
    expect(await observe([{ path: 'f', names: ['g'] }])).toEqual([{ error: 'ENOTDIR', observed: [] }]);
  });

  test('stays in the mount, and is asked for names alone', async () => {
    for (const path of ['..', 'd/../..', '/etc'])
      expect([path, (await observe([{ path, names: ['passwd'] }]))[0]?.error]).toEqual([path, 'EXDEV']);
    for (const name of ['..', '.', 'd/g'])
      await expect(
        probe.client.call('observe', {
          dev,
          directories: [{ path: asBytes(''), names: [asBytes(name)], others: false }],
        }),
      ).rejects.toThrow('a name');
    // What another mount lies on is seen as the overlay has it.
    const [sub] = await observe([{ path: 'sub', names: [], others: true }]);
    expect(sub?.observed.map(({ name }) => name)).toEqual(['under']);
  });

  test('gives what else the listing has, each name once, and of several directories each its own', async () => {
    const [root, d] = await observe([
      { path: '', names: ['f', 'gone'], others: true },
      { path: 'd', names: [], others: true },
    ]);
    const names = root?.observed.map(({ name }) => name as string) ?? [];
    expect(names.slice(0, 2)).toEqual(['f', 'gone']);
    expect(names.toSorted()).toEqual(['bad\xff', 'd', 'f', 'fifo', 'gone', 'link', 'loop', 'null', 'sub', 'to-dir']);
    expect(d?.observed.map(({ name }) => name)).toEqual(['g']);
  });

  test('tells the handle of the real inode where asked for', async () => {
    sh('chmod 600 merged/d/g');
    const real = async (path: string, name: string) => {
      const { handle } = await one(path, name, true);
      const fid = Uint8Array.from(Buffer.from(handle?.fid ?? '', 'hex'));
      const parsed = parseHandle(nestedHandle(handle?.type ?? 0, fid)?.value ?? new Uint8Array());
      if ('problem' in parsed) throw new Error(parsed.problem);
      return new DataView(parsed.fid.buffer, parsed.fid.byteOffset).getUint32(0, true);
    };
    expect(await real('', 'f')).toBe(lstatSync(`${at}/l/f`).ino);
    // Copied up with its origin: the lower's.
    expect(await real('d', 'g')).toBe(lstatSync(`${at}/l/d/g`).ino);
    expect(await one('', 'f')).not.toHaveProperty('handle');
  });

  test('asks no mount that is none, and holds none afterwards', async () => {
    const answer = probe.client.call('observe', { dev: '0:0', directories: [] }).catch(failureOf);
    expect(await answer).toMatchObject({ code: 'not-found' });
    const abort = new AbortController();
    const many = Array.from({ length: 5000 }, () => ({ path: '' as Bytes, names: ['f' as Bytes], others: true }));
    const cancelled = probe.client.call(
      'observe',
      { dev, directories: many },
      { signal: abort.signal, onItem: () => abort.abort() },
    );
    expect((await cancelled).looked).toBeLessThan(50_000);
    sandbox.unmount(`${at}/merged/sub`);
    sandbox.unmount(`${at}/merged`);
    const gone = probe.client.call('observe', { dev, directories: [] }).catch(failureOf);
    expect(await gone).toMatchObject({ code: 'not-found' });
  });
});
