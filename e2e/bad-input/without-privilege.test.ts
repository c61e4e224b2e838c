import { relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cannotMount, Laboratory } from '../../electron/engine/testing/laboratory.ts';
import type { ScanObject } from '../../shared/contract/scan.ts';
import { type PlainUser, plainUser } from '../plain-user.ts';
import { PROGRAM, ROOT, stratoscope } from '../terminal/program.ts';

let lab: Laboratory;
let user: PlainUser;
beforeEach(async () => {
  lab = new Laboratory();
  user = await plainUser({ program: ROOT });
});
afterEach(async () => {
  await user.remove();
  await lab.end();
});

describe.skipIf(cannotMount !== null)(`without privilege${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  test('every answer is the right one, or unknown', async () => {
    lab.sh(`mkdir -p src/l1/d/sub src/l2/d src/l2/old src/u src/w; echo 1 > src/l1/d/f; echo 2 > src/l2/d/low
      echo 3 > src/l2/old/o; echo 4 > src/l1/meta; echo 5 > src/l2/gone; echo 6 > src/l1/plain; mkfifo src/l2/p`);
    lab.filesystem('ext4', 'fs', 'src');
    lab.overlay('m', 'lowerdir=fs/l1:fs/l2,upperdir=fs/u,workdir=fs/w,redirect_dir=on,metacopy=on');
    lab.sh(`chmod 755 fs; cd m; rm gone; chmod 644 meta; touch d/f; mv old new; mkdir -p own/below; rm -r d/sub; mkdir d/sub
      echo x >> plain`);
    const of = (lines: unknown[]) => new Map((lines.slice(1) as ScanObject[]).map((one) => [one.path, one]));
    const truth = of((await stratoscope(['scan', lab.at('m')])).lines);
    const inside = (path: string): string => `${user.at('program')}/${path}`;
    const command = [await user.program([inside('node_modules/.bin/node'), inside(relative(ROOT, PROGRAM))])];
    const run = await stratoscope(['scan', lab.at('m')], { command, cwd: '/', env: user.env });
    expect(run.status).toBe(0);
    const said = of(run.lines);
    expect(said.get('gone')).toMatchObject({ type: 'whiteout', marks: ['whiteout'] });
    expect(said.get('meta')).toMatchObject({ origin: 'unknown' });
    expect(said.get('meta')?.marks).toContain('unknown:metacopy');
    const wrong: string[] = [];
    for (const [path, one] of said) {
      const right = truth.get(path);
      if (!right) {
        if (one.lookup !== 'unknown') wrong.push(`${path}: is said to be there`);
        continue;
      }
      for (const field of ['type', 'lookup', 'listed', 'provenance', 'size', 'mode', 'origin'] as const)
        if (String(one[field]) !== 'unknown' && JSON.stringify(one[field]) !== JSON.stringify(right[field]))
          wrong.push(`${path} ${field}: ${JSON.stringify(one[field])}, not ${JSON.stringify(right[field])}`);
    }
    expect(wrong).toEqual([]);
    expect([...truth.keys()].filter((path) => !said.has(path) && !path.startsWith('new/'))).toEqual([]);
  });
});
