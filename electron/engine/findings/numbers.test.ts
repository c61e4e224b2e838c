import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FindingLaboratory } from '../testing/findings.ts';
import { cannotMount } from '../testing/laboratory.ts';

let lab: FindingLaboratory;
beforeEach(() => {
  lab = new FindingLaboratory();
});
afterEach(() => lab.end());

const OF_MODE_NONE = ['volatile-dir-ino', 'foreign-st-dev', 'dino-differs'] as const;

/** Why a program of 32 bits cannot run, or null. */
const not32bit = process.arch === 'x64' ? null : 'needs x86-64, which runs programs of 32 bits';

/**
 * The smallest program of 32 bits: stat(2) of its first argument with a 32-bit struct stat, exit status the errno.
 * ELF32 header, one program header, then: mov eax,106; mov ebx,[esp+8]; mov ecx,buffer; int 0x80; neg eax; mov ebx,eax;
 * mov eax,1; int 0x80.
 */
function stat32(): Buffer {
  const code = Buffer.from('b86a0000008b5c2408b900900408cd80f7d889c3b801000000cd80', 'hex');
  const header = Buffer.alloc(52 + 32);
  header.write('7f454c46010101', 0, 'hex');
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(3, 18); // EM_386
  header.writeUInt32LE(1, 20);
  header.writeUInt32LE(0x08048054, 24); // entry
  header.writeUInt32LE(52, 28); // program headers
  header.writeUInt16LE(52, 40);
  header.writeUInt16LE(32, 42);
  header.writeUInt16LE(1, 44);
  header.writeUInt32LE(1, 52); // PT_LOAD
  header.writeUInt32LE(0x08048000, 60);
  header.writeUInt32LE(0x08048000, 64);
  header.writeUInt32LE(header.length + code.length, 68);
  header.writeUInt32LE(0x2000, 72); // room for the buffer behind it
  header.writeUInt32LE(7, 76);
  header.writeUInt32LE(0x1000, 80);
  return Buffer.concat([header, code]);
}

describe.skipIf(cannotMount !== null)(`findings of numbers${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** A lower on ext4 under an upper on xfs; a copied-up file, a lower one, directories with files. */
  function twoFilesystems(options: string, mount = 'm', upper = 'top/u'): void {
    if (upper === 'top/u') {
      lab.sh('mkdir -p src/d/e; echo f > src/f; head -c 50000 /dev/zero > src/d/g');
      lab.filesystem('ext4', 'low', 'src');
      lab.filesystem('xfs', 'top');
      lab.sh('rmdir low/lost+found');
    }
    lab.sh(`mkdir ${upper} ${upper}w`);
    lab.overlay(mount, `lowerdir=${lab.at('low')},upperdir=${upper},workdir=${upper}w,${options}`);
    lab.sh(`chmod 600 ${mount}/f`);
  }

  test('two filesystems without xino: counted directories, pseudo devices, other numbers in listings', async () => {
    twoFilesystems('xino=off');
    const found = await lab.findings('m');
    expect(found.of('volatile-dir-ino')).toEqual(['', 'd', 'd/e']);
    expect(found.of('foreign-st-dev')).toEqual(['d/g', 'f']);
    expect(found.of('dino-differs')).toEqual(['d', 'd/e', 'f']);
    expect(found.rows.filter(({ code }) => code === 'dino-differs').map(({ severity }) => severity)).toEqual(
      Array(3).fill('note'),
    );
    expect(found.of('ino-over-2^53')).toEqual([]);
    // What the kernel says: a directory's number changes once it was dropped, a file's does not.
    const numbers = (paths: string): string[] => lab.sh(`stat -c %i ${paths}`).trim().split('\n');
    const before = numbers('m/d m/f m/d/g');
    lab.dropCaches();
    const after = numbers('m/f m/d/g m/d');
    expect(after.slice(0, 2)).toEqual(before.slice(1));
    expect(after[2]).not.toBe(before[0]);
    expect(lab.sh('stat -c %d m/f')).not.toBe(lab.sh('stat -c %d m'));
    expect(lab.listed('m', 'f')).not.toBe(numbers('m/f')[0]);
    // And what a program makes of it, without a word: du -x leaves the files out.
    expect(Number(lab.sh('du -sx m').split('\t')[0])).toBeLessThan(Number(lab.sh('du -s m').split('\t')[0]) - 40);
  });

  test('the same with xino has none of these, but numbers beyond a double', async () => {
    twoFilesystems('xino=on');
    const found = await lab.findings('m');
    for (const code of OF_MODE_NONE) expect(found.of(code)).toEqual([]);
    expect(found.of('ino-over-2^53')).toEqual(['d', 'd/e', 'd/g', 'f']);
    const finding = found.rows.find(({ code, path }) => code === 'ino-over-2^53' && path === 'f');
    const ino = lab.sh('stat -c %i m/f').trim();
    expect(finding?.evidence).toMatchObject({ ino, asDouble: String(BigInt(Number(ino))) });
    expect(BigInt(Number(ino))).not.toBe(BigInt(ino));
    expect(lab.listed('m', 'f')).toBe(ino);
  });

  test('nor has one filesystem any of them, nor two that xino fits into 32 bits any beyond a double', async () => {
    lab.sh('mkdir -p src/d; echo f > src/f');
    lab.filesystem('ext4', 'low', 'src');
    lab.filesystem('ext4', 'top');
    lab.sh('mkdir low/u low/w low/l top/u top/w; mv low/f low/d low/l/');
    lab.overlay('one', 'lowerdir=low/l,upperdir=low/u,workdir=low/w');
    lab.overlay('two', 'lowerdir=low/l,upperdir=top/u,workdir=top/w,xino=on');
    lab.sh('chmod 600 one/f two/f');
    for (const mount of ['one', 'two']) {
      const found = await lab.findings(mount);
      for (const code of [...OF_MODE_NONE, 'ino-over-2^53'] as const) expect(found.of(code)).toEqual([]);
      expect(Number.isSafeInteger(Number(lab.sh(`stat -c %i ${mount}/f`)))).toBe(true);
    }
  });

  test('a counted directory is what tar calls renamed while it extracts, and when it comes again', async () => {
    twoFilesystems('xino=off');
    // A link that leads out of the archive is made last, and directories are looked at again before it.
    lab.sh(`mkdir -p pack/d1 pack/d2; for i in 1 2; do head -c 70000 /dev/urandom > pack/d$i/big; ln -s /etc/passwd pack/d$i/link; done
      tar -C pack -cf pack.tar d1 d2; mkdir m/out`);
    const halves =
      '{ head -c 100000 pack.tar; sleep 0.3; sync; echo 2 > /proc/sys/vm/drop_caches; tail -c +100001 pack.tar; }';
    const extract = `${halves} | tar -C m/out -xf -`;
    await lab.expectWhy('m', extract, 'Directory renamed before its status', 'volatile-dir-ino', 'out/d1');
    const again = 'tar -v -g snapshot -cf /dev/null -C m .';
    lab.sh(`${again} 2>/dev/null; sync; echo 2 > /proc/sys/vm/drop_caches; ls m/d/e m/d`);
    await lab.expectWhy('m', again, 'Directory has been renamed', 'volatile-dir-ino', 'd');

    twoFilesystems('xino=on', 'x', 'top/x');
    lab.sh('mkdir x/out');
    expect(lab.sh(`${halves} | tar -C x/out -xf - 2>&1`)).toBe('');
  });

  test('a directory that lists another number is what pwd does not find, where the kernel does not help it', async () => {
    twoFilesystems('xino=off');
    writeFileSync(
      lab.at('getcwd.c'),
      '#include <errno.h>\n#include <stddef.h>\nchar *getcwd(char *b, size_t n) { errno = ENOENT; return NULL; }\n',
    );
    lab.sh('gcc -shared -fPIC -o getcwd.so getcwd.c');
    const pwd = (mount: string): string => `cd ${mount}/d/e && LD_PRELOAD=${lab.at('getcwd.so')} /bin/pwd -P`;
    await lab.expectWhy('m', pwd('m'), "couldn't find directory entry in", 'dino-differs', 'd/e');
    twoFilesystems('xino=on', 'x', 'top/x');
    expect(lab.sh(pwd('x')).trim()).toBe(lab.at('x/d/e'));
  });

  test.skipIf(not32bit !== null)(
    `a number beyond 32 bits is what a program of 32 bits refuses${not32bit ? ` (${not32bit})` : ''}`,
    async () => {
      twoFilesystems('xino=on');
      writeFileSync(lab.at('stat32'), stat32(), { mode: 0o755 });
      const stat = (path: string): string =>
        `./stat32 ${path} || python3 -c 'import os, sys; print("stat32: ${path}:", os.strerror(int(sys.argv[1])))' $?`;
      await lab.expectWhy('m', stat('m/f'), 'Value too large for defined data type', 'ino-over-2^53', 'f');
      expect(lab.sh(stat('low/f'))).toBe('');
    },
  );

  test('an upper directory that lost its impure mark lists the upper’s numbers', async () => {
    lab.sh('mkdir -p src/l/d; echo f > src/l/f; echo g > src/l/d/g; echo h > src/l/d/h');
    lab.filesystem('ext4', 'fs', 'src');
    lab.sh('mkdir fs/u fs/w');
    const options = 'lowerdir=fs/l,upperdir=fs/u,workdir=fs/w';
    lab.overlay('m', options);
    lab.sh('chmod 600 m/f m/d/g; umount m; cp -a fs/u fs/u2; mkdir fs/w2; setfattr -x trusted.overlay.impure fs/u/d');
    lab.overlay('m', options);
    lab.overlay('healthy', 'lowerdir=fs/l,upperdir=fs/u2,workdir=fs/w2');
    const found = await lab.findings('m');
    expect(found.of('dino-differs')).toEqual(['d/g']);
    expect(found.rows.find(({ code }) => code === 'dino-differs')).toMatchObject({
      severity: 'warning',
      layer: 0,
      evidence: { parent: 'd', parentImpure: false },
    });
    expect((await lab.findings('healthy')).of('dino-differs')).toEqual([]);
    const differs = (mount: string): boolean =>
      lab.listed(`${mount}/d`, 'g') !== lab.sh(`stat -c %i ${mount}/d/g`).trim();
    expect([differs('m'), differs('healthy')]).toEqual([true, false]);
    // The cure, run by hand with the mount away.
    lab.sh('umount m');
    const { script } = await lab.client.call('doctor', {
      stack: lab.directories(['fs/l'], 'fs/u', {}, 'fs/w'),
      script: { evenIfMounted: false },
    });
    writeFileSync(lab.at('cures.sh'), script ?? '');
    lab.sh('bash cures.sh');
    lab.overlay('m', options);
    expect((await lab.findings('m')).of('dino-differs')).toEqual([]);
    expect(differs('m')).toBe(false);
  });

  test('under xino only a directory of the upper alone needs its impure mark', async () => {
    lab.sh('mkdir -p src/d; echo f > src/f; echo g > src/d/g');
    lab.filesystem('ext4', 'low', 'src');
    lab.filesystem('xfs', 'top');
    lab.sh('mkdir top/u top/w');
    const options = `lowerdir=${lab.at('low')},upperdir=top/u,workdir=top/w,xino=on`;
    lab.overlay('m', options);
    lab.sh('chmod 600 m/d/g; mkdir m/own; mv m/f m/own/f; umount m');
    lab.sh('setfattr -x trusted.overlay.impure top/u/own; setfattr -x trusted.overlay.impure top/u/d');
    lab.overlay('m', options);
    const found = await lab.findings('m');
    expect(found.of('dino-differs')).toEqual(['own/f']);
    const differs = (directory: string, name: string): boolean =>
      lab.listed(directory, name) !== lab.sh(`stat -c %i ${directory}/${name}`).trim();
    expect([differs('m/own', 'f'), differs('m/d', 'g')]).toEqual([true, false]);
  });

  test('two numbers that are equal by chance do not differ, among many that do', async () => {
    lab.sh('mkdir -p src; for i in $(seq 10 49); do echo $i > src/$i; done');
    lab.filesystem('ext4', 'low', 'src');
    lab.filesystem('ext4', 'top');
    lab.sh('mkdir top/u top/w');
    lab.overlay('m', `lowerdir=${lab.at('low')},upperdir=top/u,workdir=top/w,xino=off`);
    // One row of numbers goes up, the other down: they meet if their ends are an even number apart.
    const next = Number(lab.sh('touch m/first; stat -c %i m/first; rm m/first'));
    const inodes = lab
      .sh('cd low; stat -c "%i %n" [0-9]*')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const downwards = inodes.sort((a, b) => Number(b[0]) - Number(a[0])).map(([, name]) => name);
    if ((Number(inodes[0]?.[0]) - next) % 2 !== 0) lab.sh('touch m/first');
    lab.sh(`cd m; for n in ${downwards.join(' ')}; do chmod 600 $n; done`);
    const listing = lab.listing('m');
    const numbers = new Map(
      lab
        .sh('cd m; stat -c "%n %i" [0-9]*')
        .trim()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    const equal = downwards.filter((name) => listing.get(name as string) === numbers.get(name as string));
    expect(equal).toHaveLength(1);
    const found = await lab.findings('m');
    expect(found.of('dino-differs').filter((path) => /^\d+$/.test(path))).toEqual(
      downwards.filter((name) => !equal.includes(name)).sort(),
    );
  });
});
