import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cannotMount, FILESYSTEM_TYPES, type Session, Stage } from './testing/stage.ts';

describe.skipIf(cannotMount !== null).each(FILESYSTEM_TYPES)(
  `handles on %s${cannotMount ? ` (${cannotMount})` : ''}`,
  (type) => {
    let stage: Stage;
    let session: Session;
    beforeEach(() => {
      stage = new Stage(type);
      stage.sh(
        'mkdir -p fs/l/a/b fs/u/own; echo x > fs/l/a/b/f; echo h > fs/l/h; ln fs/l/h fs/l/a/h; echo o > fs/u/own/o',
      );
      session = stage.start();
    });
    afterEach(() => stage.remove());

    const restart = (): void => {
      session.end();
      session = stage.start();
    };
    /** What a handle opens: its number, or the errno. */
    const opened = (handle: string): string => {
      const answer = session.ask({ op: 'openHandle', handle, flags: [] });
      if ('errno' in answer) return answer.errno;
      const { fd, ino } = answer.ok as { fd: number; ino: string };
      session.ok({ op: 'close', fd });
      return ino;
    };
    /** The handle and the number of a path. */
    const taken = (path: string) => ({
      handle: session.ok({ op: 'handle', path }).handle as string,
      ino: session.ok({ op: 'stat', path }).ino as string,
    });

    test.each(['a/b/f', 'a/h', 'a/b', 'own/o', 'own'])('one of %s stays good over all that may come', (path) => {
      const { handle, ino } = taken(path);
      const check = (): void => {
        expect(opened(handle)).toBe(ino);
        session.ok({ op: 'evict' });
        expect(opened(handle)).toBe(ino);
        restart();
        expect(opened(handle)).toBe(ino);
      };
      check();
      // The directories above it are renamed, twice, and then it itself is copied up and renamed.
      const top = path.split('/')[0] as string;
      if (path.includes('/')) {
        session.ok({ op: 'rename', path: top, to: 'moved' });
        check();
        session.ok({ op: 'mkdir', path: 'deep' });
        session.ok({ op: 'rename', path: 'moved', to: 'deep/again' });
        check();
      } else session.ok({ op: 'mkdir', path: 'deep' });
      const now = path.includes('/') ? path.replace(top, 'deep/again') : path;
      session.ok({ op: 'chmod', path: now, mode: 0o700 });
      check();
      session.ok({ op: 'rename', path: now, to: 'end' });
      check();
      expect(session.ok({ op: 'stat', path: 'end' }).ino).toBe(ino);
    });

    test('one is stale once its object is removed, and opens it as long as it is open', () => {
      for (const path of ['a/b/f', 'own/o']) {
        const { handle, ino } = taken(path);
        const { fd } = session.ok({ op: 'open', path });
        session.ok({ op: 'unlink', path });
        expect(opened(handle)).toBe(ino);
        const again = session.ok({ op: 'openHandle', handle, flags: ['RDWR'] }).fd;
        session.ok({ op: 'pwrite', fd: again, off: 0, data: 'WkE=' });
        expect(session.text(fd)).toMatch(/^ZA/);
        session.ok({ op: 'close', fd });
        session.ok({ op: 'close', fd: again });
        expect(opened(handle)).toBe('ESTALE');
        restart();
        expect(opened(handle)).toBe('ESTALE');
      }
      const { handle } = taken('a/b');
      session.ok({ op: 'rmdir', path: 'a/b' });
      session.ok({ op: 'mkdir', path: 'a/b' });
      expect(opened(handle)).toBe('ESTALE');
    });

    test('one of a hard link opens it by whichever name is left', () => {
      const { handle, ino } = taken('h');
      session.ok({ op: 'unlink', path: 'h' });
      restart();
      expect(opened(handle)).toBe(ino);
      session.ok({ op: 'unlink', path: 'a/h' });
      expect(opened(handle)).toBe('ESTALE');
    });

    test('what is none is told', () => {
      expect(session.errno({ op: 'openHandle', handle: 'AAAA', flags: [] })).toBe('EINVAL');
      expect(session.errno({ op: 'openHandle', handle: 'AQAAgQwBAgMEBQYHCAkKCww=', flags: [] })).toBe('ESTALE');
    });
  },
);
