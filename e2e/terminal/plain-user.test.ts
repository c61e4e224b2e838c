import { relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NumberMeaning } from '../../shared/contract/inode.ts';
import { ListObject, ScanMeta, ScanObject } from '../../shared/contract/scan.ts';
import { Verified } from '../../shared/contract/verify.ts';
import { type PlainUser, plainUser } from '../plain-user.ts';
import { exactly, expectFailure, PROGRAM, ROOT, type Run, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

/** The same program, started by a user who owns nothing: what it may not know, it calls unknown. */
describe.skipIf(process.getuid?.() !== 0)('without privilege', () => {
  let stage: Stage;
  let user: PlainUser;
  let command: string[];
  const run = (words: string[]): Promise<Run> => stratoscope(words, { command, cwd: '/', env: user.env });

  beforeAll(async () => {
    stage = makeStage();
    stage.sh(
      `chmod 755 .\n${OVERLAY}\nchmod 755 fs; mkdir fs/closed fs/shut; echo x > fs/closed/x; chmod 700 fs/closed fs/shut`,
    );
    user = await plainUser({ program: ROOT });
    const inside = (path: string): string => `${user.at('program')}/${path}`;
    command = [await user.program([inside('node_modules/.bin/node'), inside(relative(ROOT, PROGRAM))])];
  });
  afterAll(async () => {
    stage.remove();
    await user.remove();
  });

  it('list sees the mount, and says what it cannot confirm', async () => {
    const result = await run(['list', '--format', 'ndjson']);
    expect(result.status).toBe(0);
    const objects = result.lines.slice(1).map((one) => exactly(ListObject, one));
    const mine = objects.find(({ mount }) => mount === stage.at('merged'));
    expect(mine).toMatchObject({ privilege: 'partial' });
    for (const { state } of mine?.layers ?? []) expect(['ok', 'unverified']).toContain(state);
  });

  it('says of layers that only privilege could find that none was read, to scan, to explain and to a stack above', async () => {
    const other = makeStage();
    try {
      other.sh(`chmod 755 .; mkdir fs; mount -t tmpfs fs fs; cd fs; mkdir l1 l2 u w inner l3 u2 w2 outer; echo a > l1/a
        mount -t overlay stage -o lowerdir=l1:l2,upperdir=u,workdir=w inner
        mount -t overlay stage -o lowerdir=$PWD/inner:$PWD/l3,upperdir=$PWD/u2,workdir=$PWD/w2 outer`);
      expectFailure(await run(['scan', other.at('fs/inner')]), 3, 'ndjson');
      expectFailure(await run(['explain', other.at('fs/inner'), 'a', '--format', 'json']), 3, 'json');
      const above = await run(['scan', other.at('fs/outer')]);
      expect(above.status).toBe(0);
      expect(above.stderr).toMatch(/layer 1 could not be read: it lies on another overlay, .*no layer could be read/);
    } finally {
      other.remove();
    }
  });

  it('verify looks as the user may, and what needs privilege is not to be foretold', async () => {
    const result = await run(['verify', '--yes', stage.at('merged'), '--rows', 'all', '--format', 'ndjson']);
    const { wrong, unpredictable, rows } = exactly(Verified, result.lines[1]);
    expect([result.status, wrong, rows.filter(({ verdict }) => verdict === 'wrong')]).toEqual([0, 0, []]);
    expect(unpredictable).toBeGreaterThan(10);
    const row = (of: string, what: string) => rows.find(({ path, field }) => path === of && field === what);
    expect(row('sym', 'ino')?.verdict).toBe('agrees');
    // Whether it is a metacopy cannot be read, and with it nothing is foretold.
    expect(row('a', 'lookup')).toMatchObject({ predicted: 'unknown', observed: 'ok', verdict: 'unpredictable' });
  });

  it('inode says that numbers of what was copied up are unknown', async () => {
    const lower = stage.sh('stat -c %i fs/l2/sym').trim();
    const result = await run(['inode', stage.at('merged'), lower]);
    expect([result.status, result.stderr]).toEqual([0, expect.stringContaining('without privilege')]);
    const found = result.lines.slice(1).map((one) => exactly(NumberMeaning, one));
    expect(found.map(({ as, path }) => [as, path])).toContainEqual(['real', 'sym']);
  });

  it('scan: marks and origins are unknown, character whiteouts are seen, and nothing is wrongly denied', async () => {
    const whole = await stratoscope(['scan', stage.at('merged')]);
    const truth = new Map(whole.lines.slice(1).map((one) => [(one as ScanObject).path, one as ScanObject]));
    const result = await run(['scan', stage.at('merged')]);
    expect([result.status, result.stderr]).toEqual([0, '']);
    expect(exactly(ScanMeta, result.lines[0]).meta.privilege).toBe('partial');
    const objects = result.lines.slice(1).map((one) => exactly(ScanObject, one));
    const named = (path: string) => objects.find((one) => one.path === path);
    expect(named('b')).toMatchObject({ type: 'whiteout', marks: ['whiteout'] });
    expect(named('a')).toMatchObject({ origin: 'unknown' });
    expect(named('a')?.marks).toContain('unknown:metacopy');
    expect(named('d')?.marks).toContain('unknown:opaque');
    // A lower one that the program may read whole needs no privilege; wherever it answers, it answers as with privilege.
    const allowed = (value: unknown, right: unknown): boolean => value === right || value === 'unknown';
    for (const one of objects) {
      const right = truth.get(one.path);
      if (right === undefined) {
        // Names that only a hidden directory or one behind a redirect has: never said to be there.
        expect([one.path, one.lookup === 'unknown' || one.provenance === 'unknown']).toEqual([one.path, true]);
        continue;
      }
      for (const field of ['lookup', 'listed', 'provenance'] as const) {
        expect([one.path, field, one[field], allowed(one[field], right[field])]).toEqual([
          one.path,
          field,
          one[field],
          true,
        ]);
      }
      if (right.origin !== null) expect([one.path, one.origin]).not.toEqual([one.path, null]);
      for (const mark of right.marks) {
        const isThere = one.marks.includes(mark) || one.marks.includes(`unknown:${mark}`);
        expect([one.path, mark, isThere || mark === 'indexed']).toEqual([one.path, mark, true]);
      }
    }
  });

  it('explain says what privilege would tell', async () => {
    const result = await run(['explain', stage.at('merged'), 'a']);
    expect(result.status).toBe(0);
    expect(result.stdout).toContain('unknown');
    expect(result.stdout).toContain('Read with privilege');
  });

  it('a layer that is closed: what lies below it is unknown, what is wrong is said, and it is done', async () => {
    stage.sh('mkdir -p fs/open/d; echo 1 > fs/open/f; ln -s f fs/open/s');
    const result = await run(['scan', '--lower', stage.at('fs/closed'), '--lower', stage.at('fs/open')]);
    expect(result.status).toBe(0);
    expect(result.stderr).toContain(stage.at('fs/closed'));
    expect(exactly(ScanMeta, result.lines[0]).meta.layers.map(({ state }) => state)).toEqual(['unreadable', 'ok']);
    const objects = result.lines.slice(1).map((one) => exactly(ScanObject, one));
    expect(objects.map(({ path }) => path)).toEqual(['', 'd', 'f', 's']);
    for (const one of objects.slice(1)) {
      expect(one).toMatchObject({ lookup: 'unknown', listed: 'unknown', provenance: 'unknown' });
    }
  });

  it('what another mount covers keeps its name, and is unknown', async () => {
    stage.sh('mkdir -p fs/under/d/mnt fs/other; mount -t tmpfs cover fs/under/d/mnt');
    const result = await run(['scan', '--lower', stage.at('fs/under'), '--lower', stage.at('fs/other')]);
    stage.sh('umount fs/under/d/mnt');
    const objects = result.lines.slice(1).map((one) => exactly(ScanObject, one));
    expect(objects.map(({ path }) => path)).toEqual(['', 'd', 'd/mnt']);
    expect(objects[2]).toMatchObject({ type: 'unknown', lookup: 'unknown', size: 'unknown', provenance: 'unknown' });
  });

  it('layers that only privilege opens: status 4', async () => {
    const words = ['scan', '--lower', stage.at('fs/closed'), '--lower', stage.at('fs/shut'), '--format', 'ndjson'];
    expectFailure(await run(words), 4, 'ndjson');
    expect((await stratoscope(words)).status).toBe(0);
  });

  it('a mount point that only privilege reaches: status 4', async () => {
    expectFailure(await run(['scan', stage.at('fs/closed/mount'), '--format', 'ndjson']), 4, 'ndjson');
  });
});
