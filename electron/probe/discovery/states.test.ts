import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeFd, inodeAt, listed, Machine, mount, mountNew, openPlace, states, unmount } from './testing/machine.ts';

/** What may be called ok, unverified, moved, covered and missing (the terminal contract, "list"), on one ext4. */
let machine: Machine;
beforeEach(() => {
  machine = new Machine();
  machine.filesystem('ext4', 'fs');
  machine.sh('mkdir m; cd fs; mkdir -p l1/d l2/e l3 u w; echo 1 > l1/d/f; cp /bin/sleep l2/e');
});
afterEach(() => machine.end());

const at = (name: string): string => machine.at(`fs/${name}`);
const upperMount = (): void =>
  mount('overlay', machine.at('m'), `lowerdir=${at('l1')}:${at('l2')},upperdir=${at('u')},workdir=${at('w')}`);
const stack = () => listed(machine.at('m'));

describe('at its text', () => {
  test('the upper is ok by its handle, lowers are unverified until a handle speaks', async () => {
    upperMount();
    const facts = await stack();
    expect(states(facts)).toEqual([`ok ${at('u')}`, `unverified ${at('l1')}`, `unverified ${at('l2')}`]);
    expect(facts).toMatchObject({ kind: 'overlay', readonly: false, work: at('w'), userNamespace: false });
    expect(facts.layers[0]).toMatchObject({ access: 'clone', fs: { type: 'ext4', handle: { type: 1 } } });
    expect(facts.layers[0]?.fs.uuid).toBe(machine.sh('blkid -p -s UUID -o value fs.img').replaceAll('-', ''));
  });
  test('an origin inside the upper confirms the lower that it names', async () => {
    upperMount();
    machine.sh('echo 2 >> m/d/f');
    expect(states(await stack())).toEqual([`ok ${at('u')}`, `ok ${at('l1')}`, `unverified ${at('l2')}`]);
  });
  test('without an upper the handle of the root confirms lower 1', async () => {
    mount('overlay', machine.at('m'), `lowerdir=${at('l1')}:${at('l2')}`);
    const facts = await stack();
    expect(states(facts)).toEqual([`ok ${at('l1')}`, `unverified ${at('l2')}`]);
    expect(facts).toMatchObject({ readonly: true, work: null });
  });
  test('with an index the origin of the upper root confirms lower 1', async () => {
    mount(
      'overlay',
      machine.at('m'),
      `lowerdir=${at('l1')}:${at('l2')},upperdir=${at('u')},workdir=${at('w')},index=on`,
    );
    expect(states(await stack())).toEqual([`ok ${at('u')}`, `ok ${at('l1')}`, `unverified ${at('l2')}`]);
  });
  test.each([
    ['exe', 'echo; exec m/e/sleep 100'],
    ['current directory', 'cd m/e; echo; exec sleep 100'],
    ['descriptor', 'exec 7< m/e/sleep; echo; exec sleep 100'],
  ])('a process with its %s on the mount confirms the lower', async (_, command) => {
    upperMount();
    const child = await machine.start('bash', ['-c', command]);
    expect(states(await stack())).toEqual([`ok ${at('u')}`, `unverified ${at('l1')}`, `ok ${at('l2')}`]);
    await machine.stop(child);
  });
  test('an object that was renamed in the merged view confirms the lower all the same', async () => {
    const options = `lowerdir=${at('l1')}:${at('l2')},upperdir=${at('u')},workdir=${at('w')},redirect_dir=on`;
    mount('overlay', machine.at('m'), options);
    machine.sh('mv m/e m/renamed');
    const child = await machine.start('bash', ['-c', 'echo; exec m/renamed/sleep 100']);
    expect((await stack()).layers[2]).toMatchObject({ state: 'ok', why: expect.stringMatching(/in the upper, at e$/) });
    await machine.stop(child);
  });
  test('another name of a hard link is not taken for a moved lower', async () => {
    machine.sh('mkdir -p fs/other/e; ln fs/l2/e/sleep fs/other/e/sleep');
    upperMount();
    const child = await machine.start('bash', ['-c', 'cat fs/other/e/sleep > /dev/null; echo; exec m/e/sleep 100']);
    machine.sh('rm fs/l2/e/sleep');
    expect(states(await stack())).toEqual([`ok ${at('u')}`, `unverified ${at('l1')}`, `unverified ${at('l2')}`]);
    await machine.stop(child);
  });
  test('a mapped file confirms the lower', async () => {
    upperMount();
    const code =
      'import mmap,time; f=open("m/e/sleep","rb"); m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ); f.close(); print(flush=True); time.sleep(100)';
    const child = await machine.start('/usr/bin/python3', ['-c', code]);
    expect(states(await stack())[2]).toBe(`ok ${at('l2')}`);
    await machine.stop(child);
  });
});

describe('not at its text', () => {
  test('an upper that was renamed is moved', async () => {
    upperMount();
    machine.sh('mv fs/u fs/u2');
    expect(states(await stack())[0]).toBe(`moved ${at('u2')}`);
  });
  test('an upper that was replaced is moved, and the other directory is told', async () => {
    upperMount();
    machine.sh('mv fs/u fs/u2; mkdir fs/u');
    const [upper] = (await stack()).layers;
    expect(upper).toMatchObject({ state: 'moved', path: at('u2'), why: expect.stringContaining('another directory') });
  });
  test('an upper that was deleted is missing, with the evidence', async () => {
    upperMount();
    machine.sh('rm -r fs/u');
    const [upper] = (await stack()).layers;
    expect(upper).toMatchObject({ state: 'missing', path: null, place: null, why: expect.stringContaining('deleted') });
  });
  test('a lower that was renamed is missing, and moved once a handle tells where', async () => {
    upperMount();
    machine.sh('mv fs/l2 fs/l2_renamed');
    expect(states(await stack())[2]).toBe('missing null');
    const child = await machine.start('bash', ['-c', 'echo; exec m/e/sleep 100']);
    expect(states(await stack())[2]).toBe(`moved ${at('l2_renamed')}`);
    await machine.stop(child);
  });
  test('an origin tells where a missing lower went', async () => {
    upperMount();
    machine.sh('echo 2 >> m/d/f; mv fs/l1 fs/l1_renamed');
    expect(states(await stack())[1]).toBe(`moved ${at('l1_renamed')}`);
  });
  test('an origin left from other lowers does not make the present ones moved', async () => {
    upperMount();
    machine.sh('echo 2 >> m/d/f; umount m; mkdir fs/new; rm -rf fs/w; mkdir fs/w');
    mount('overlay', machine.at('m'), `lowerdir=${at('new')},upperdir=${at('u')},workdir=${at('w')}`);
    const child = await machine.start('bash', ['-c', 'exec 7< m/d/f; echo; exec sleep 100']);
    const [, lower] = (await stack()).layers;
    expect(lower).toMatchObject({ state: 'unverified', path: at('new'), why: expect.stringContaining(at('l1')) });
    await machine.stop(child);
  });
  test('a lower that was replaced is never ok', async () => {
    upperMount();
    machine.sh('echo 2 >> m/d/f; mv fs/l2 fs/l2_renamed; mkdir fs/l2');
    expect(states(await stack())).toEqual([`ok ${at('u')}`, `ok ${at('l1')}`, `unverified ${at('l2')}`]);
    const child = await machine.start('bash', ['-c', 'echo; exec m/e/sleep 100']);
    expect((await stack()).layers[2]).toMatchObject({
      state: 'moved',
      path: at('l2_renamed'),
      why: expect.stringContaining('another directory'),
    });
    await machine.stop(child);
  });
  test('a lower 1 that was replaced is moved, by the handle of the root or of the index', async () => {
    mount('overlay', machine.at('m'), `lowerdir=${at('l1')}:${at('l2')}`);
    machine.sh('mv fs/l1 fs/x; mkdir fs/l1');
    expect(states(await stack())[0]).toBe(`moved ${at('x')}`);
    unmount(machine.at('m'));
    machine.sh('rmdir fs/l1; mv fs/x fs/l1');
    mount(
      'overlay',
      machine.at('m'),
      `lowerdir=${at('l1')}:${at('l2')},upperdir=${at('u')},workdir=${at('w')},index=on`,
    );
    machine.sh('mv fs/l1 fs/x; mkdir fs/l1');
    expect(states(await stack())[1]).toBe(`moved ${at('x')}`);
  });
  describe('of two lowers that vanished', () => {
    const held = async (command: string, test: () => Promise<void>): Promise<void> => {
      const child = await machine.start('bash', ['-c', `${command}; echo; exec sleep 100`]);
      await test();
      await machine.stop(child);
    };
    const why = (place: string) => expect.stringContaining(`lies in ${at(place)}, which may be it`);

    test('one that took the other’s name is claimed for neither', async () => {
      upperMount();
      await held('exec 7< m/e/sleep', async () => {
        machine.sh('rm -r fs/l1; mkdir fs/else; mv fs/l2 fs/else/l1');
        expect((await stack()).layers.slice(1)).toMatchObject([
          { state: 'missing', path: null, why: why('else/l1') },
          { state: 'missing', path: null, why: why('else/l1') },
        ]);
      });
    });
    test('neither is claimed where nothing tells which is which', async () => {
      upperMount();
      await held('exec 7< m/e/sleep 8< m/d/f', async () => {
        machine.sh('mkdir fs/else; mv fs/l1 fs/else/l2; mv fs/l2 fs/else/l1');
        expect(states(await stack())).toEqual([`ok ${at('u')}`, 'missing null', 'missing null']);
      });
    });
    test('by origins neither is claimed, whatever its name', async () => {
      upperMount();
      machine.sh('echo 2 >> m/d/f; mkdir fs/else; rm -r fs/l2; mv fs/l1 fs/else/l2');
      expect(states(await stack())).toEqual([`ok ${at('u')}`, 'missing null', 'missing null']);
    });
    test('the one above a lower that has the same path is claimed, and then the other', async () => {
      machine.sh(
        'mkdir -p fs/l2/d fs/l2/e fs/top/d; cp fs/l2/e/sleep fs/l3; mkdir fs/l3/d; echo 3 > fs/l3/d/f; mkdir fs/l4; echo 4 > fs/l4/only',
      );
      const lowers = ['l1', 'l3', 'l4'].map(at).join(':');
      mount('overlay', machine.at('m'), `lowerdir=${lowers},upperdir=${at('u')},workdir=${at('w')}`);
      // l3 is confirmed by what is held in it; d/f of l1 is seen and not its own, so l1 stands above it.
      await held('exec 7< m/sleep 8< m/d/f 9< m/only', async () => {
        machine.sh('mkdir fs/else; mv fs/l1 fs/else/one; mv fs/l4 fs/else/two');
        expect(states(await stack())).toEqual([
          `ok ${at('u')}`,
          `moved ${at('else/one')}`,
          `ok ${at('l3')}`,
          `moved ${at('else/two')}`,
        ]);
      });
    });
  });
  test('of several directories that may be the one that vanished, the one in use is claimed', async () => {
    upperMount();
    machine.sh('echo 2 >> m/d/f; umount m; rm -rf fs/w; mkdir fs/w; mv fs/l1 fs/former; mkdir fs/l1');
    upperMount();
    const child = await machine.start('bash', ['-c', 'exec 7< m/e/sleep; echo; exec sleep 100']);
    machine.sh('mv fs/l2 fs/l2_renamed');
    expect(states(await stack())[2]).toBe(`moved ${at('l2_renamed')}`);
    await machine.stop(child);
  });
  test('a lower that was deleted is missing', async () => {
    upperMount();
    machine.sh('rm -r fs/l2');
    expect((await stack()).layers[2]).toMatchObject({ state: 'missing', path: null, access: 'none' });
  });
});

describe('under another mount', () => {
  test('a lower is covered where the mount on its path is younger', async () => {
    upperMount();
    mount('tmpfs', at('l2'), null);
    const layer = (await stack()).layers[2];
    expect(layer).toMatchObject({ state: 'covered', path: at('l2'), fs: { type: 'ext4' }, access: 'clone' });
    expect(layer?.place).toMatchObject({ path: machine.at('fs'), handle: layer?.fs.handle });
    expect(await inodeAt(layer)).toBe(layer?.ino);
    unmount(at('l2'));
    const bare = (await stack()).layers[2];
    expect(bare?.ino).toBe(layer?.ino);
  });
  test('a lower is covered also where the younger mount lies above it', async () => {
    upperMount();
    mount('tmpfs', machine.at('fs'), null);
    machine.sh('mkdir fs/l2');
    expect((await stack()).layers.map(({ state }) => state)).toEqual(['covered', 'covered', 'covered']);
  });
  test('an upper that is covered can still be opened by its handle', async () => {
    upperMount();
    mount('tmpfs', at('u'), null);
    const layer = (await stack()).layers[0];
    expect(layer).toMatchObject({ state: 'covered', path: at('u'), fs: { type: 'ext4' }, access: 'clone' });
    expect(layer?.place?.handle).toEqual(layer?.fs.handle);
    expect(await inodeAt(layer)).toBe(layer?.ino);
    expect(layer?.place?.path).toBe(machine.at('fs'));
  });
  test('a mount made before the overlay covers nothing', async () => {
    mount('tmpfs', at('l2'), null);
    upperMount();
    expect((await stack()).layers[2]).toMatchObject({ state: 'unverified', fs: { type: 'tmpfs' } });
  });
});

describe('relative texts', () => {
  const relative = (text: string, from = 'fs'): void => {
    machine.sh(`cd ${from}; mount -t overlay o -o '${text}' ${machine.at('m')}`);
  };
  test('the upper tells the folder, from which work and lowers are assumed', async () => {
    relative('lowerdir=l1:l2,upperdir=u,workdir=w');
    const facts = await stack();
    expect(states(facts)).toEqual([
      `ok ${at('u')}`,
      `unverified assumed ${at('l1')}`,
      `unverified assumed ${at('l2')}`,
    ]);
    expect(facts.work).toBe(at('w'));
    machine.sh('echo 2 >> m/d/f');
    expect(states(await stack())[1]).toBe(`ok ${at('l1')}`);
  });
  test('.. in the text of the upper tells no folder', async () => {
    relative('lowerdir=../l1:../l2,upperdir=../u,workdir=../w', 'fs/l3');
    const facts = await stack();
    expect(states(facts)).toEqual([`ok ${at('u')}`, 'missing null', 'missing null']);
    expect(facts.work).toBeNull();
  });
  test('an upper that was moved tells no folder', async () => {
    relative('lowerdir=l1:l2,upperdir=u,workdir=w');
    machine.sh('mv fs/u fs/u2');
    expect(states(await stack())).toEqual([`moved ${at('u2')}`, 'missing null', 'missing null']);
  });
  test('without an upper only lower 1 is found, by the handle of the root', async () => {
    relative('lowerdir=l1:l2');
    expect(states(await stack())).toEqual([`ok ${at('l1')}`, 'missing null']);
  });
  test('an origin finds a lower whose text tells nothing', async () => {
    relative('lowerdir=../l1,upperdir=../u,workdir=../w', 'fs/l3');
    machine.sh('echo 2 >> m/d/f');
    expect(states(await stack())).toEqual([`ok ${at('u')}`, `ok ${at('l1')}`]);
  });
});

describe('descriptors', () => {
  test('of a directory that had been deleted', async () => {
    machine.sh('mkdir fs/gone');
    const fd = openPlace(at('gone'));
    machine.sh('rmdir fs/gone');
    mountNew(machine.at('m'), [
      ['lowerdir+', at('l1')],
      ['lowerdir+', fd],
    ]);
    closeFd(fd);
    const lower = (await stack()).layers[1];
    expect(lower).toMatchObject({
      state: 'missing',
      shown: `${at('gone')} (deleted)`,
      why: expect.stringContaining('deleted'),
    });
  });
  test('of a mount that is attached nowhere: a lone / is not taken for the root directory', async () => {
    const script = `
import ctypes,os
libc=ctypes.CDLL(None,use_errno=True)
fs=libc.syscall(430,b"tmpfs",0); libc.syscall(431,fs,6,None,None,0); mfd=libc.syscall(432,fs,0,0)
o=libc.syscall(430,b"overlay",0)
libc.syscall(431,o,5,b"lowerdir+",None,mfd); libc.syscall(431,o,1,b"lowerdir+",b"${at('l1')}",0); assert libc.syscall(431,o,6,None,None,0)==0
m=libc.syscall(432,o,0,0); assert libc.syscall(429,m,b"",-100,b"${machine.at('m')}",4)==0`;
    machine.sh(`/usr/bin/python3 -c '${script}'`);
    const facts = await stack();
    expect(facts.layers[0]).toMatchObject({ shown: '/', path: null, place: null });
    expect(facts.layers[0]?.state).not.toBe('ok');
    expect(facts.layers[1]?.path).toBe(at('l1'));
  });
});
