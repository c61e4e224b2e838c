import { statSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { cannotMount, Stage } from './testing/stage.ts';

describe.skipIf(cannotMount !== null)(`a union at its limits${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  let stage: Stage;
  afterEach(() => stage.remove());
  const number = (name: string): bigint => statSync(stage.at(name), { bigint: true }).ino;

  test('answers ENOSPC to an open that has no room for the copy, and everything stays as it was', () => {
    stage = new Stage('ext4', { size: 24 });
    stage.sh('head -c 8M /dev/urandom > fs/l/big; ln fs/l/big fs/l/other; echo small > fs/l/small');
    const session = stage.start();
    const small = session.ok({ op: 'open', path: 'small' }).fd;
    stage.sh('head -c 30M /dev/zero > fs/full 2>&- || true');
    expect(session.errno({ op: 'open', path: 'big' })).toBe('ENOSPC');
    expect(session.errno({ op: 'open', path: 'big', flags: ['WRONLY'] })).toBe('ENOSPC');
    expect(session.errno({ op: 'chmod', path: 'other', mode: 0o600 })).toBe('ENOSPC');
    expect(session.ok({ op: 'stat', path: 'big' })).toMatchObject({ nlink: 2, mode: '0644', size: String(8 << 20) });
    expect(session.ok({ op: 'stats' })).toMatchObject({ tempfiles: 1, mappings: 0 });
    expect(session.text(small)).toBe('small\n');
    expect(stage.sh('ls -A fs/u fs/w/work')).toBe('fs/u:\n\nfs/w/work:\n');
    stage.sh('rm fs/full');
    const { fd } = session.ok({ op: 'open', path: 'big', flags: ['RDWR'] });
    expect(session.ok({ op: 'fstat', fd }).ino).toBe(String(number('fs/l/big')));
    expect(stage.sh('cmp fs/u/big fs/l/big; cmp fs/u/other fs/l/big')).toBe('');
  });

  test('makes numbers of several filesystems unique, and a lower that is added changes none', () => {
    stage = new Stage('xfs');
    stage.sh(`mkdir t1 t2; mount -t tmpfs t t1; mount -t tmpfs t t2; echo 1 > t1/a; mkdir t1/d; echo 2 > t2/b
      mkdir t2/d; echo 3 > t2/d/deep; echo 4 > fs/l/c; ln t1/a t1/hard`);
    const lowers = (...names: string[]) => names.map((name) => asBytes(stage.at(name)));
    let session = stage.start({ lowers: lowers('t1', 'fs/l') });
    const shown = (path: string) => session.ok({ op: 'stat', path }) as { ino: string; dev: string };
    const before = Object.fromEntries(['a', 'c', 'd', 'hard'].map((path) => [path, shown(path).ino]));
    expect(before.c).toBe(String(number('fs/l/c')));
    expect(BigInt(before.a as string) & ((1n << 56n) - 1n)).toBe(number('t1/a'));
    session.ok({ op: 'chmod', path: 'a', mode: 0o600 });
    session.ok({ op: 'rename', path: 'd', to: 'e' });
    session.end();
    session = stage.start({ lowers: lowers('t2', 't1', 'fs/l') });
    for (const [path, ino] of Object.entries({ ...before, d: undefined, e: before.d }))
      if (ino !== undefined) expect([path, shown(path).ino, session.names('')[path]]).toEqual([path, ino, ino]);
    // The whiteout at d hides the new lower's too, and the redirect of e leads there.
    const paths = ['', 'a', 'b', 'c', 'e', 'e/deep', 'hard'];
    const all = paths.map(shown);
    expect(new Set(all.map(({ dev }) => dev)).size).toBe(1);
    // a and hard are one.
    expect(new Set(all.map(({ ino }) => ino)).size).toBe(paths.length - 1);
    const { fd } = session.ok({ op: 'open', path: 'b' });
    session.ok({ op: 'chmod', path: 'b', mode: 0o600 });
    expect(session.ok({ op: 'fstat', fd }).ino).toBe(shown('b').ino);
  });

  test.each(['ext4', 'xfs'] as const)(
    'on %s answers EXDEV to a rename of a directory only where the upper cannot hold the redirect',
    (type) => {
      stage = new Stage(type);
      const name = 'n'.repeat(230);
      stage.sh(`cd fs/l; for i in $(seq 12); do mkdir ${name}; cd ${name}; done; echo x > deepest`);
      const session = stage.start();
      const at = (depth: number) => Array.from({ length: depth }, () => name).join('/');
      const ino = session.ok({ op: 'stat', path: at(12) }).ino;
      // An attribute of ext4 fits into a block, which has 1 KiB here.
      const answer = session.errno({ op: 'rename', path: at(12), to: 'moved' });
      expect(answer).toBe(type === 'ext4' ? 'EXDEV' : 'ok');
      const now = answer === 'ok' ? 'moved' : at(12);
      expect(session.ok({ op: 'stat', path: now }).ino).toBe(ino);
      expect(session.names(now)).toHaveProperty('deepest');
      session.ok({ op: 'rename', path: at(3), to: 'three' });
      session.end();
      stage.sh('mkdir m; mount -t overlay o -o redirect_dir=on,lowerdir=fs/l,upperdir=fs/u,workdir=fs/w m');
      expect(stage.sh('cat $(find m -name deepest)')).toBe('x\n');
    },
  );

  test('makes the map anew from the upper where its file is torn or gone', () => {
    stage = new Stage('ext4');
    stage.sh('for i in 1 2 3 4 5 6 7 8; do echo $i > fs/l/f$i; done; mkdir fs/l/d; ln -s f1 fs/l/s');
    const notices: string[] = [];
    const options = { store: 'database', onNotice: (text: string) => notices.push(text) } as const;
    let session = stage.start(options);
    for (const name of ['f1', 'f2', 'd']) session.ok({ op: 'chmod', path: name, mode: 0o700 });
    session.ok({ op: 'chown', path: 's', uid: 1 });
    const numbers = session.names('');
    session.end();
    stage.sh('dd if=/dev/urandom of=fs/w/stratoscope.db bs=1k seek=4 count=8 conv=notrunc status=none');
    session = stage.start(options);
    expect([session.names(''), session.ok({ op: 'stats' }).mappings]).toEqual([numbers, 4]);
    session.end();
    stage.sh('rm fs/w/stratoscope.db*');
    session = stage.start(options);
    expect([session.names(''), session.ok({ op: 'stats' }).mappings]).toEqual([numbers, 4]);
    expect(notices.join()).toMatch(/set aside/);
  });
});
