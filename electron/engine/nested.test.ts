import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ScanObject } from '../../shared/contract/scan.ts';
import { cannotMount, Laboratory } from './testing/laboratory.ts';

let lab: Laboratory;
beforeEach(() => {
  lab = new Laboratory();
  lab.sh(`mkdir -p src/l1/d src/l2/d/sub src/l2/old src/l3/d src/l4/d
    echo 1 > src/l1/a; echo 2 > src/l2/b; echo 3 > src/l2/d/f; echo 4 > src/l2/d/sub/g; echo 5 > src/l2/old/h
    echo 6 > src/l3/d/outer; echo 7 > src/l4/d/lowest; echo 8 > src/l2/link; ln src/l2/link src/l2/link2; mkfifo src/l2/p`);
});
afterEach(() => lab.end());

/** Path, type, answer and size of what a stat or a listing through the mount gives. */
function throughTheMount(mount: string): string[] {
  return lab.sh(`cd ${mount}; find . -mindepth 1 -printf '%P %y %s %m %n\\n' | LC_ALL=C sort`).trimEnd().split('\n');
}

const LETTERS: Record<string, string> = { file: 'f', dir: 'd', symlink: 'l', fifo: 'p', char: 'c' };
function predictedOf(objects: Iterable<ScanObject>): string[] {
  const out: string[] = [];
  for (const object of objects) {
    if (object.path === '' || object.lookup !== 'ok') continue;
    const top = object.entries.find(({ role }) => role === 'object');
    const components = object.entries.filter(({ role }) => role === 'object' || role === 'merged').length;
    const mode = (Number.parseInt(String(object.mode), 8) & 0o7777).toString(8);
    const nlink = object.type === 'dir' && components > 1 ? 1 : top?.nlink;
    out.push(`${object.path} ${LETTERS[object.type]} ${object.size} ${mode} ${nlink}`);
  }
  return out.sort((a, b) => (a < b ? -1 : 1));
}

/** Change times, numbers and attributes of everything below a directory. */
const fingerprint = (directory: string): string =>
  lab.sh(
    `find ${directory} -printf '%p %i %n %C@ %T@ %s\\n' | sort; getfattr -Rhd -m - -e hex ${directory} 2>&1 | sort`,
  );

describe.skipIf(cannotMount !== null)(`a layer on another overlay${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** An inner overlay with an upper, in which things were changed, on a filesystem of its own. */
  function inner(options = ''): void {
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    lab.overlay('inner', `lowerdir=fs/l1:fs/l2,upperdir=fs/u,workdir=fs/w,redirect_dir=on${options}`);
    lab.sh('cd inner; chmod 600 a d/f; rm b; echo new > own; mv old moved; rm -r d/sub; mkdir d/sub; mknod null c 1 3');
  }
  const outerOf = (lower: string) => {
    lab.filesystem('tmpfs', 'top');
    lab.sh('mkdir top/u top/w');
    lab.overlay('outer', `lowerdir=${lower}:fs/l3:fs/l4,upperdir=top/u,workdir=top/w`);
    lab.sh('echo mine > outer/mine; rm -f outer/a; mkdir outer/d/mine');
  };

  test.each([
    ['with an upper', '', 'inner'],
    ['with its index', ',index=on', 'inner'],
    ['a directory below it', '', 'inner/d'],
  ])('is read from that one: %s', async (_about, options, lower) => {
    inner(options);
    outerOf(`${lab.folder}/${lower}`);
    const before = fingerprint('fs');
    const { objects, errors } = await lab.scan(lab.mount('outer'));
    expect(errors).toEqual([]);
    expect(fingerprint('fs')).toBe(before);
    expect(predictedOf(objects.values())).toEqual(throughTheMount('outer'));
  });

  test('without an upper is read from its lowers', async () => {
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('inner', 'lowerdir=fs/l1:fs/l2');
    outerOf(`${lab.folder}/inner`);
    const { objects } = await lab.scan(lab.mount('outer'));
    expect(objects.get('b')?.entries).toMatchObject([{ layer: 1, path: 'b', role: 'object' }]);
    expect(predictedOf(objects.values())).toEqual(throughTheMount('outer'));
  });

  test.each([
    ['of all of it', 'mount --bind inner part', 'part'],
    ['of a part of it', 'mount --bind inner/d part', 'part'],
    ['below a bind mount of all of it', 'mount --bind inner part', 'part/d'],
    ['of a part, on which another part lies', 'mount --bind inner part; mount --bind inner/moved part', 'part'],
    ['of a part that was renamed since', 'mount --bind inner/d part; mv inner/d "inner/e  e"', 'part'],
    [
      'with what has to be escaped in its name',
      'mkdir "inner/a b"; mv inner/d "inner/a b"; mount --bind "inner/a b" part',
      'part/d',
    ],
    ['of a part of it, inside itself', 'mkdir inner/in; mount --bind inner/d inner/in', 'inner/in'],
  ])('reached by a bind mount %s', async (_about, script, lower) => {
    inner();
    lab.sh(`mkdir part; ${script}`);
    outerOf(`${lab.folder}/${lower}`);
    const before = fingerprint('fs');
    const { objects, errors } = await lab.scan(lab.mount('outer'));
    expect(errors).toEqual([]);
    expect(fingerprint('fs')).toBe(before);
    expect(predictedOf(objects.values())).toEqual(throughTheMount('outer'));
  });

  test('reached by a bind mount of a part that is gone is unknown', async () => {
    inner();
    lab.sh('mkdir part inner/gone; mount --bind inner/gone part; rmdir inner/gone');
    outerOf(`${lab.folder}/part`);
    const { objects, errors } = await lab.scan(lab.mount('outer'));
    expect(errors[0]?.error.message).toMatch(/layer 1 could not be read.*its place there is not known/);
    expect(objects.get('mine')).toMatchObject({ lookup: 'ok', provenance: 'upper' });
    expect(objects.get('d/lowest')?.lookup).toBe('unknown');
  });

  test('reached by a bind mount of a part of it, which is all that is left', async () => {
    inner();
    lab.sh('mkdir part; mount --bind inner/d part');
    outerOf(`${lab.folder}/part`);
    lab.sh('umount inner');
    const { objects, errors } = await lab.scan(lab.mount('outer'));
    expect(errors).toEqual([]);
    expect(predictedOf(objects.values())).toEqual(throughTheMount('outer'));
  });

  test('counts the links of an indexed file and the blocks of a metacopy as that one does', async () => {
    inner(',index=on,metacopy=on');
    lab.sh('chmod 600 inner/link inner/d/f; rm inner/link2');
    outerOf(`${lab.folder}/inner`);
    const { objects } = await lab.scan(lab.mount('outer'));
    expect(objects.get('link')?.entries[0]?.nlink).toBe(1);
    expect(predictedOf(objects.values())).toEqual(throughTheMount('outer'));
    expect(objects.get('d/f')?.blocks).toBe(lab.sh('stat -c %b outer/d/f').trim());
  });

  describe('what that one lists and refuses', () => {
    /** What a stat and a listing through the mount give of each of these paths; `listing` null: it fails itself. */
    function kernelOf(mount: string, paths: string[]): Record<string, { lookup: string; listed: boolean | null }> {
      const script = `import os, sys
for path in sys.argv[2:]:
    full = os.path.join(sys.argv[1], path)
    try:
        os.lstat(full); lookup = 'ok'
    except OSError as error:
        lookup = __import__('errno').errorcode[error.errno]
    try:
        listed = str(os.path.basename(path) in os.listdir(os.path.dirname(full)))
    except OSError:
        listed = 'None'
    print(path, lookup, listed)`;
      const lines = lab
        .sh(`python3 -c "${script.replaceAll('"', '\\"')}" ${mount} ${paths.join(' ')}`)
        .trim()
        .split('\n');
      const isListed: Record<string, boolean | null> = { True: true, False: false, None: null };
      return Object.fromEntries(
        lines.map((line) => {
          const [path, lookup, listed] = line.split(' ') as [string, string, string];
          return [path, { lookup, listed: isListed[listed] as boolean | null }];
        }),
      );
    }

    const NAMES = ['plain/wh', 'plain/meta', 'plain/eio', 'plain/inval', 'plain/file', 'm/meta', 'm/file', 'alone/wh2'];
    beforeEach(() => {
      lab.filesystem('ext4', 'fs');
      lab.sh(`cd fs; mkdir -p l1/plain/inval l1/m l2/m l2/alone o1/plain o1/m u w
        mknod l1/plain/wh c 0 0; mknod l2/alone/wh2 c 0 0; echo f | tee l1/plain/file > l1/m/file
        for file in l1/plain/meta l1/m/meta; do echo x > $file; setfattr -n trusted.overlay.metacopy $file; done
        echo x > l1/plain/eio; setfattr -n trusted.overlay.metacopy -v ab l1/plain/eio
        setfattr -n trusted.overlay.redirect -v a/b l1/plain/inval
        for name in plain/wh plain/meta m/meta; do echo from the other > o1/$name; done`);
    });

    test.each([
      ['above a layer of its own', 'inner', 'fs/o1', ''],
      ['below a layer of its own', 'fs/o1', 'inner', ''],
      ['with an upper', 'inner', 'fs/o1', ',upperdir=fs/u,workdir=fs/w'],
    ])('is refused and listed as the outer mount does, %s', async (_about, first, second, more) => {
      lab.overlay('inner', 'lowerdir=fs/l1:fs/l2');
      const at = (name: string): string => `${lab.folder}/${name}`;
      lab.overlay('outer', `lowerdir=${at(first)}:${at(second)}${more}`);
      const kernel = kernelOf('outer', NAMES);
      // All that this is about is there: it is not only what is found that is compared.
      expect(Object.values(kernel).filter(({ lookup, listed }) => lookup !== 'ok' && listed).length).toBeGreaterThan(2);
      const { objects, errors } = await lab.scan(lab.mount('outer'));
      expect(errors).toEqual([]);
      const ours = Object.fromEntries(
        NAMES.map((name) => [name, { lookup: objects.get(name)?.lookup, listed: objects.get(name)?.listed }]),
      );
      expect(ours).toEqual(kernel);
    });

    test('and hides from its listings is refused all the same', async () => {
      lab.filesystem('tmpfs', 'other');
      lab.sh('mkdir -p other/l2/m; echo low > other/l2/m/low');
      lab.overlay('inner', `lowerdir=fs/l1:other/l2,xino=on`);
      expect(kernelOf('inner', ['m/meta'])['m/meta']).toEqual({ lookup: 'EPERM', listed: false });
      lab.sh('mkdir -p top/m empty');
      lab.overlay('outer', `lowerdir=${lab.folder}/inner:${lab.folder}/top`);
      const { objects } = await lab.scan(lab.mount('outer'));
      expect(objects.get('m/meta')).toMatchObject({ lookup: 'EPERM', listed: false });
      lab.sh('umount outer; echo x > top/m/meta');
      lab.overlay('outer', `lowerdir=${lab.folder}/inner:${lab.folder}/top`);
      // Asked for the number of each name, the inner mount fails, and so does the outer's listing.
      expect(lab.sh('ls outer/m 2>&1 || true')).toMatch(/Operation not permitted/);
      const again = (await lab.scan(lab.mount('outer'))).objects;
      expect(again.get('m/meta')).toMatchObject({ lookup: 'EPERM', listed: false });
      expect(again.get('m/low')).toMatchObject({ lookup: 'ok', listed: false });
    });
  });

  test('has no data where that one has lost it', async () => {
    lab.filesystem('ext4', 'fs');
    lab.sh(`cd fs; mkdir l1 data o1; truncate -s 5 l1/lost l1/there; echo data > data/obj
      for file in lost there; do setfattr -n trusted.overlay.metacopy l1/$file; done
      setfattr -n trusted.overlay.redirect -v /none l1/lost; setfattr -n trusted.overlay.redirect -v /obj l1/there`);
    lab.overlay('inner', 'lowerdir=fs/l1::fs/data');
    lab.overlay('outer', `lowerdir=${lab.folder}/inner:fs/o1`);
    expect(lab.sh('stat -c %s outer/lost; cat outer/lost 2>&1 || true')).toMatch(/^5\n.*No such file/);
    expect(lab.sh('cat outer/there')).toBe('data\n');
    const { objects } = await lab.scan(lab.mount('outer'));
    expect(objects.get('lost')).toMatchObject({ lookup: 'ok', size: '5', data: null });
    expect(objects.get('there')).toMatchObject({ lookup: 'ok', data: { layer: 1, path: 'there' } });
  });

  test('shows the numbers that it shows', async () => {
    inner();
    outerOf(`${lab.folder}/inner`);
    const { objects } = await lab.scan(lab.mount('outer'));
    const found: string[] = [];
    for (const { path, entries, lookup } of objects.values())
      for (const { layer, ino } of entries)
        if (layer === 1 && path !== '' && lookup === 'ok') found.push(`${path} ${ino}`);
    expect(found.length).toBeGreaterThan(8);
    const shown = found.map((line) => {
      const path = line.slice(0, line.lastIndexOf(' '));
      return `${path} ${lab.sh(`stat -c %i 'inner/${path}'`).trim()}`;
    });
    expect(found).toEqual(shown);
  });

  test('as plain directories too', async () => {
    inner();
    lab.sh('mkdir u');
    const before = fingerprint('fs');
    const { objects, errors } = await lab.scan(lab.directories(['inner', 'fs/l3'], 'u'));
    expect(errors).toEqual([]);
    expect(fingerprint('fs')).toBe(before);
    expect(objects.get('own')).toMatchObject({ lookup: 'ok', provenance: 'lower' });
    expect(objects.get('d')?.provenance).toBe('merged');
    expect(objects.has('b')).toBe(false);
  });

  test('that has been unmounted since: what stands at its path is read and not called ok', async () => {
    inner();
    outerOf(`${lab.folder}/inner`);
    lab.sh('umount -l inner');
    const { facts } = await lab.client.call('open', { stack: lab.mount('outer') });
    expect(facts.layers[1]?.state).toBe('unverified');
    const { objects } = await lab.scan(lab.mount('outer'));
    expect(objects.get('mine')).toMatchObject({ lookup: 'ok', provenance: 'upper' });
  });
});
