import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cannotMount, Laboratory } from '../../electron/engine/testing/laboratory.ts';

const DEPTH = 3000;
const LAYERS = 500;
const WIDTH = 100_000;

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
});
afterEach(() => lab.end());

/** Python, for what a shell is too slow or too polite to make. */
const python = (program: string): string => lab.sh(`python3 - <<'END'\n${program}\nEND`);

describe.skipIf(cannotMount !== null)(`bad input${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test('a mount that is gone is not found', async () => {
    lab.sh('mkdir l1 l2 m');
    lab.sh('mount -t overlay o -o lowerdir=l1:l2 m; umount m');
    await expect(lab.scan(lab.mount('m'))).rejects.toMatchObject({ failure: { code: 'not-overlay' } });
    lab.sh('rmdir m');
    await expect(lab.scan(lab.mount('m'))).rejects.toMatchObject({ failure: { code: 'not-found' } });
  });

  test('a layer that is a file is said to be no layer', async () => {
    lab.sh('mkdir l1; echo x > l2');
    await expect(lab.scan(lab.directories(['l1', 'l2']))).rejects.toMatchObject({ failure: { code: 'bad-layer' } });
  });

  test(`${LAYERS} layers: the topmost entry is the object`, async () => {
    python(`import os
for i in range(${LAYERS}):
    os.makedirs(f'l/{i}/d')
    open(f'l/{i}/d/{i}', 'w').close()
    open(f'l/{i}/all', 'w').write('x' * (i + 7))`);
    const { objects, errors } = await lab.scan(lab.directories(Array.from({ length: LAYERS }, (_, i) => `l/${i}`)));
    expect(errors).toEqual([]);
    expect(objects.get('d')?.entries).toHaveLength(LAYERS);
    for (let i = 0; i < LAYERS; i++) expect(objects.get(`d/${i}`)).toMatchObject({ lookup: 'ok', listed: true });
    expect(objects.get('all')).toMatchObject({ lookup: 'ok', type: 'file', size: '7' });
  });

  test(`a directory ${DEPTH} deep is scanned, shown and opened`, async () => {
    python(`import os
for layer in ('l1', 'l2'):
    os.mkdir(layer)
    at = os.open(layer, os.O_RDONLY)
    for i in range(${DEPTH}):
        os.mkdir('d', dir_fd=at)
        below = os.open('d', os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
    os.close(os.open(layer, os.O_CREAT | os.O_WRONLY, dir_fd=at))`);
    const stack = lab.directories(['l1', 'l2']);
    const view = await lab.open(stack);
    await lab.client.call('expand', { view, id: 0, open: true, deep: true });
    const { total } = await lab.client.call('rows', { view, from: 0, count: 1 });
    expect(total).toBe(DEPTH + 3);
    const last = await lab.client.call('rows', { view, from: DEPTH, count: 9 });
    expect(last.rows.map(({ name, depth }) => [name, depth])).toEqual([
      ['d', DEPTH],
      ['l1', DEPTH + 1],
      ['l2', DEPTH + 1],
    ]);
    const [deepest] = last.rows;
    const { object } = await lab.client.call('detail', { view, id: deepest?.id ?? 0 });
    expect(object).toMatchObject({ lookup: 'ok', listed: true, provenance: 'merged' });
    const chunks: Uint8Array[] = [];
    const { objects } = await lab.client.call(
      'scan',
      { stack, hidden: true },
      { onChunk: (chunk) => void chunks.push(chunk) },
    );
    expect(objects).toBe(DEPTH + 3);
    expect(Buffer.concat(chunks).toString().trimEnd().split('\n')).toHaveLength(DEPTH + 4);
  });

  test('redirects in a loop answer as the kernel does', async () => {
    lab.filesystem('ext4', 'fs');
    lab.sh(`cd fs; mkdir -p l1/a l1/b l2/a l2/b u w; echo 1 > l2/a/in-a; echo 2 > l2/b/in-b
      setfattr -n trusted.overlay.redirect -v /b l1/a; setfattr -n trusted.overlay.redirect -v /a l1/b`);
    lab.overlay('m', 'lowerdir=fs/l1:fs/l2,upperdir=fs/u,workdir=fs/w,redirect_dir=on');
    const { objects } = await lab.scan(lab.mount('m'));
    const seen = [...objects.values()].filter(({ listed, path }) => listed === true && path !== '');
    const kernel = lab.sh("cd m; find . -mindepth 1 -printf '%P\\n' | LC_ALL=C sort").trimEnd().split('\n');
    expect(seen.map(({ path }) => path).sort()).toEqual(kernel);
    expect(kernel).toContain('a/in-b');
  });

  test('attributes cut short, empty, or far too long are no reason to fail, and answer as the kernel does', async () => {
    lab.filesystem('xfs', 'fs');
    lab.sh(`cd fs; mkdir -p l1 l2 u w; for n in o-empty o-short o-long r-empty r-long m-short m-long; do
        mkdir -p l1/$n l2/$n; echo x > l1/$n.f; echo y > l2/$n.f; done
      setfattr -n trusted.overlay.origin l1/o-empty l1/o-empty.f
      setfattr -n trusted.overlay.origin -v 0x00fb15 l1/o-short l1/o-short.f`);
    python(`import os
for name, mark, value in (('o-long', 'origin', b'\\0\\xfb' + b'x' * 9000), ('r-empty', 'redirect', b''),
                          ('r-long', 'redirect', b'/' + b'x' * 9000), ('m-short', 'metacopy', b'\\0\\1'),
                          ('m-long', 'metacopy', b'\\0' * 9000)):
    for end in ('', '.f'):
        os.setxattr(f'fs/l1/{name}{end}', f'trusted.overlay.{mark}', value)`);
    lab.overlay('m', 'lowerdir=fs/l1:fs/l2,upperdir=fs/u,workdir=fs/w,redirect_dir=on,metacopy=on');
    const { objects, errors } = await lab.scan(lab.mount('m'));
    expect(errors).toEqual([]);
    const kernel = JSON.parse(
      python(`import os, errno, json
out = {}
for name in sorted(os.listdir('fs/l1')):
    try:
        os.lstat('m/' + name)
        out[name] = 'ok'
    except OSError as e:
        out[name] = errno.errorcode[e.errno]
print(json.dumps(out))`),
    ) as Record<string, string>;
    const said = Object.fromEntries(Object.keys(kernel).map((path) => [path, objects.get(path)?.lookup]));
    expect(said).toEqual(kernel);
    expect(new Set(Object.values(kernel)).size).toBeGreaterThan(1);
  });

  test(`a directory of ${WIDTH} entries`, async () => {
    lab.filesystem('tmpfs', 'fs');
    python(`import os
os.makedirs('fs/l1/d'); os.makedirs('fs/l2/d')
for i in range(${WIDTH}):
    os.mknod(f'fs/l{1 + i % 2}/d/{i}')`);
    const view = await lab.open(lab.directories(['fs/l1', 'fs/l2']));
    await lab.client.call('expand', { view, id: 0, open: true, deep: true });
    const { total, rows } = await lab.client.call('rows', { view, from: WIDTH + 1, count: 9 });
    expect(total).toBe(WIDTH + 2);
    expect(rows.map(({ name }) => name)).toEqual(['99999']);
  });
});
