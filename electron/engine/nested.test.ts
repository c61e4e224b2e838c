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

  test('reached by a bind mount, of which the facts do not say what part it shows, is unknown', async () => {
    inner();
    lab.sh('mkdir part; mount --bind inner/d part');
    outerOf(`${lab.folder}/part`);
    const { objects, errors } = await lab.scan(lab.mount('outer'));
    expect(errors[0]?.error.message).toMatch(/layer 1 could not be read.*its place there is not known/);
    expect(objects.get('mine')).toMatchObject({ lookup: 'ok', provenance: 'upper' });
    expect(objects.has('moved')).toBe(false);
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
