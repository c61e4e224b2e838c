import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoreKind } from './stores/store.ts';
import { cannotMount, FILESYSTEM_TYPES, type FilesystemType, Stage } from './testing/stage.ts';

/** Every filesystem with the usual store, and every store on ext4. */
const CASES: [FilesystemType, StoreKind][] = [
  ...FILESYSTEM_TYPES.map((type): [FilesystemType, StoreKind] => [type, 'database']),
  ...(['memory', 'xattr', 'bitmap', 'array'] as const).map((store): [FilesystemType, StoreKind] => ['ext4', store]),
];

describe.skipIf(cannotMount !== null).each(CASES)(
  `a union on %s, %s${cannotMount ? ` (${cannotMount})` : ''}`,
  (type, store) => {
    let stage: Stage;
    beforeEach(() => {
      stage = new Stage(type);
      stage.sh('echo lower > fs/l/f; mkdir fs/l/d; echo deep > fs/l/d/x; ln fs/l/d/x fs/l/d/y');
    });
    afterEach(() => stage.remove());
    const number = (name: string): string => String(statSync(stage.at(`fs/${name}`), { bigint: true }).ino);

    test('shows the lower number from first sight, over copy-up, rename, eviction and a new start', () => {
      const lower = number('l/f');
      let session = stage.start({ store });
      const check = (path: string): void => {
        expect(session.ok({ op: 'stat', path }).ino).toBe(lower);
        expect(session.names('')[path]).toBe(lower);
        const { fd, ino } = session.ok({ op: 'open', path });
        expect([ino, session.ok({ op: 'fstat', fd }).ino]).toEqual([lower, lower]);
        session.ok({ op: 'close', fd });
      };
      check('f');
      session.ok({ op: 'chmod', path: 'f', mode: 0o600 });
      check('f');
      session.ok({ op: 'rename', path: 'f', to: 'g' });
      check('g');
      expect(session.ok({ op: 'evict' }).dentries).toBeGreaterThan(0);
      check('g');
      session.end();
      session = stage.start({ store });
      check('g');
      expect(session.errno({ op: 'stat', path: 'f' })).toBe('ENOENT');
      expect(number('u/g')).not.toBe(lower);
    });

    test('lets a descriptor and a mapping from before a copy-up see what is written after it', () => {
      const session = stage.start({ store });
      const reader = session.ok({ op: 'open', path: 'f' }).fd;
      const { map } = session.ok({ op: 'mmap', fd: reader, len: 6 });
      const peek = () => Buffer.from(session.ok({ op: 'peek', map, off: 0, len: 6 }).data, 'base64').toString();
      expect([session.text(reader), peek()]).toEqual(['lower\n', 'lower\n']);
      expect(session.ok({ op: 'stats' }).tempfiles).toBe(1);
      const writer = session.ok({ op: 'open', path: 'f', flags: ['WRONLY'] }).fd;
      session.ok({ op: 'pwrite', fd: writer, off: 0, data: Buffer.from('UPPER').toString('base64') });
      expect([session.text(reader), peek()]).toEqual(['UPPER\n', 'UPPER\n']);
      expect(session.steps.map(({ step }) => step)).toContain('temp-linked');
      expect(stage.sh('cat fs/u/f fs/l/f')).toBe('UPPER\nlower\n');
    });

    test('drops a temporary file with the last descriptor, and leaves nothing in the upper', () => {
      const session = stage.start({ store });
      const { fd } = session.ok({ op: 'open', path: 'f' });
      expect(session.ok({ op: 'stats' })).toMatchObject({ tempfiles: 1, mappings: 0 });
      session.ok({ op: 'close', fd });
      expect(session.ok({ op: 'stats' }).tempfiles).toBe(0);
      expect(stage.sh('ls -A fs/u fs/w/work')).toBe('fs/u:\n\nfs/w/work:\n');
    });

    test('shows a new file its own number, also where it is given a number again', () => {
      const session = stage.start({ store });
      const lower = number('l/f');
      session.ok({ op: 'chmod', path: 'f', mode: 0o600 });
      for (let i = 0; i < 20; i++) {
        session.ok({ op: 'unlink', path: 'f' });
        const { fd } = session.ok({ op: 'open', path: 'f', flags: ['CREAT', 'EXCL', 'RDWR'] });
        session.ok({ op: 'close', fd });
        expect(session.ok({ op: 'stat', path: 'f' }).ino).toBe(number('u/f'));
        expect(session.names('').f).toBe(number('u/f'));
      }
      expect(number('u/f')).not.toBe(lower);
      expect(session.ok({ op: 'stats' }).mappings).toBe(0);
    });

    test('keeps a hard link whole over copy-up', () => {
      const session = stage.start({ store });
      const lower = number('l/d/x');
      session.ok({ op: 'chmod', path: 'd/y', mode: 0o640 });
      for (const path of ['d/x', 'd/y'])
        expect(session.ok({ op: 'stat', path })).toMatchObject({ ino: lower, nlink: 2, mode: '0640' });
      expect(number('u/d/x')).toBe(number('u/d/y'));
      session.ok({ op: 'rename', path: 'd/x', to: 'd/y' });
      session.ok({ op: 'unlink', path: 'd/x' });
      expect(session.ok({ op: 'stat', path: 'd/y' })).toMatchObject({ ino: lower, nlink: 1 });
    });

    test('is read the same by the kernel afterwards', () => {
      const session = stage.start({ store });
      session.ok({ op: 'rename', path: 'd', to: 'e' });
      session.ok({ op: 'mkdir', path: 'd' });
      session.ok({ op: 'unlink', path: 'e/y' });
      session.ok({ op: 'rename', path: 'f', to: 'd/g' });
      session.end();
      stage.sh(
        'mkdir m; mount -t overlay o -o redirect_dir=on,lowerdir=fs/l,upperdir=fs/u,workdir=fs/w m; cp -a m copy; umount m',
      );
      expect(stage.sh('cd copy; find . | sort; cat d/g e/x')).toBe('.\n./d\n./d/g\n./e\n./e/x\nlower\ndeep\n');
    });
  },
);
