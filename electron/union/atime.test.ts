import { statSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { StoreKind } from './stores/store.ts';
import { cannotMount, Stage } from './testing/stage.ts';

/** Times of a file before it is read: how its access time lies to the others decides under relatime. */
const TIMES = {
  'read before its last change': 'touch -a -d "2 hours ago" FILE',
  'read after its last change': 'touch -a -d "now + 1 hour" FILE',
  'read long ago': 'touch -d "3 days ago" FILE',
};
const STORES: StoreKind[] = ['database', 'memory', 'xattr', 'bitmap', 'array'];

describe.skipIf(cannotMount !== null)(`access times${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  let stage: Stage;
  afterEach(() => stage.remove());

  test.each(['strictatime', 'relatime', 'noatime'])('under %s are those of a plain file', (options) => {
    stage = new Stage('ext4', { options });
    const session = stage.start();
    stage.sh('mkdir fs/p');
    for (const [i, touch] of Object.values(TIMES).entries()) {
      for (const file of [`fs/l/f${i}`, `fs/p/f${i}`]) stage.sh(`echo x > ${file}; ${touch.replace('FILE', file)}`);
      const lowerAtime = () => statSync(stage.at(`fs/l/f${i}`), { bigint: true }).atimeNs;
      const plainAtime = () => statSync(stage.at(`fs/p/f${i}`), { bigint: true }).atimeNs;
      const shownAtime = () => BigInt(session.ok({ op: 'stat', path: `f${i}` }).atimeNs);
      const before = lowerAtime();
      for (let round = 0; round < 3; round++) {
        const [plain, shown] = [plainAtime(), shownAtime()];
        stage.sh(`sleep 0.02; cat fs/p/f${i}`);
        const { fd } = session.ok({ op: 'open', path: `f${i}` });
        session.ok({ op: 'read', fd, len: 10 });
        session.ok({ op: 'close', fd });
        expect([i, round, shownAtime() !== shown]).toEqual([i, round, plainAtime() !== plain]);
        expect(lowerAtime()).toBe(before);
      }
    }
  });

  test.each(STORES)('are kept in the store %s, over the drop of the temporary file and a new start', (store) => {
    stage = new Stage('ext4', { options: 'strictatime' });
    stage.sh('echo x > fs/l/f; touch -d "2 days ago" fs/l/f');
    let session = stage.start({ store });
    const atime = () => session.ok({ op: 'stat', path: 'f' }).atimeNs;
    const untouched = atime();
    const { fd } = session.ok({ op: 'open', path: 'f' });
    session.ok({ op: 'read', fd, len: 10 });
    session.ok({ op: 'close', fd });
    const read = atime();
    expect(BigInt(read)).toBeGreaterThan(BigInt(untouched));
    session.ok({ op: 'evict' });
    expect(atime()).toBe(read);
    session.end();
    session = stage.start({ store });
    expect(atime()).toBe(store === 'memory' ? untouched : read);
    // The copy takes it over.
    session.ok({ op: 'chmod', path: 'f', mode: 0o600 });
    expect(atime()).toBe(store === 'memory' ? untouched : read);
  });
});
