import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Explained } from '../../shared/contract/explain.ts';
import { ScanMeta, ScanObject } from '../../shared/contract/scan.ts';
import { exactly, expectFailure, type Run, stratoscope } from './program.ts';
import { makeStage, type Stage } from './stage.ts';

const objectsOf = (run: Run): ScanObject[] => {
  expect([run.status, run.stderr]).toEqual([0, '']);
  exactly(ScanMeta, run.lines[0]);
  return run.lines.slice(1).map((one) => exactly(ScanObject, one));
};

/** Stacks at the edge of what is allowed: each ends in the right answer, or in one plain sentence. */
describe.skipIf(process.getuid?.() !== 0)('at the limits', () => {
  let stage: Stage;
  beforeAll(() => {
    stage = makeStage();
    stage.sh('mkdir fs; mount -t tmpfs fs fs');
  });
  afterAll(() => stage.remove());
  const scan = (...words: string[]): Promise<Run> => stratoscope(['scan', ...words], { cwd: stage.at('fs') });

  it('500 layers, and not one more', async () => {
    stage.sh(`cd fs; mkdir many; cd many
      for i in $(seq 1 500); do mkdir -p $i/d; echo $i > $i/d/f$i; done`);
    const lowers = Array.from({ length: 500 }, (_, i) => ['--lower', `many/${i + 1}`]).flat();
    const objects = objectsOf(await scan(...lowers));
    expect(objects).toHaveLength(502);
    expect(objects.find(({ path }) => path === 'd')?.entries).toHaveLength(500);
    expect(objects.find(({ path }) => path === 'd/f500')?.entries).toMatchObject([{ layer: 500 }]);
    const run = await stratoscope(['tree', ...lowers], { cwd: stage.at('fs') });
    expect(run.status).toBe(0);
    expectFailure(await scan(...lowers, '--lower', '.', '--format', 'table'), 2);
  });

  it('3,000 directories deep', async () => {
    stage.sh(`cd fs; mkdir deep other; cd deep; /usr/bin/python3 -c '
import os
for i in range(3000):
    os.mkdir("d"); os.chdir("d")
open("end", "w").close()'`);
    const objects = objectsOf(await scan('--lower', 'deep', '--lower', 'other'));
    expect(objects).toHaveLength(3002);
    expect(objects.at(-1)).toMatchObject({ type: 'file', lookup: 'ok', path: `${'d/'.repeat(3000)}end` });
    const end = await stratoscope(
      ['explain', '--lower', 'deep', '--lower', 'other', `${'d/'.repeat(3000)}end`, '--format', 'ndjson'],
      {
        cwd: stage.at('fs'),
      },
    );
    expect([end.status, end.stderr]).toEqual([0, '']);
    exactly(Explained, end.lines[1]);
    stage.sh('cd fs; /usr/bin/python3 -c \'import shutil; shutil.rmtree("deep")\' || rm -rf deep');
  });

  it('100,000 entries in one directory', async () => {
    stage.sh('cd fs; mkdir wide; cd wide; seq 1 100000 | xargs touch');
    const run = await scan('--lower', 'wide', '--lower', 'many/1');
    expect(run.stdout.split('\n').length - 1).toBe(1 + 1 + 100_000 + 2);
    stage.sh('rm -rf fs/wide');
  });

  it('redirects that lead to each other', async () => {
    stage.sh(`cd fs; mkdir -p r1/a r1/b r2/a r2/b r3/a
      setfattr -n trusted.overlay.redirect -v /b r1/a; setfattr -n trusted.overlay.redirect -v /a r1/b
      setfattr -n trusted.overlay.redirect -v /a r2/b; setfattr -n trusted.overlay.redirect -v /b r2/a; touch r3/a/end`);
    const options = ['--options', 'redirect_dir=on'];
    const objects = objectsOf(await scan('--lower', 'r1', '--lower', 'r2', '--lower', 'r3', ...options));
    expect(objects.map(({ path }) => path)).toEqual(expect.arrayContaining(['', 'a', 'b']));
    // The kernel is asked, too: these are lowers alone, and looking writes nothing.
    stage.sh('cd fs; mkdir -p m; mount -t overlay o -o lowerdir=r1:r2:r3,redirect_dir=on m');
    const kernel = stage
      .sh('cd fs/m; find . | sort')
      .trimEnd()
      .split('\n')
      .map((path) => path.replace(/^\.\/?/, ''));
    stage.sh('umount fs/m');
    expect(objects.filter(({ listed }) => listed === true).map(({ path }) => path)).toEqual(kernel);
  });

  it('a mount that is gone, a layer that was deleted', async () => {
    stage.sh(
      'cd fs; mkdir -p g1 g2 g/u g/w gm; touch g1/x g2/y; mount -t overlay o -o lowerdir=$PWD/g1:$PWD/g2,upperdir=$PWD/g/u,workdir=$PWD/g/w gm; rm -r g2',
    );
    const objects = await scan(stage.at('fs/gm'));
    expect(objects.status).toBe(0);
    const meta = exactly(ScanMeta, objects.lines[0]).meta;
    expect(meta.layers[2]?.state).toBe('missing');
    for (const one of objects.lines.slice(1).map((line) => exactly(ScanObject, line))) {
      if (one.path === 'x') expect(one).toMatchObject({ lookup: 'ok', provenance: 'lower' });
    }
    stage.sh('umount fs/gm');
    expectFailure(await scan(stage.at('fs/gm'), '--format', 'table'), 2);
  });

  it('nothing left to read is status 3', async () => {
    stage.sh('cd fs; mkdir -p h1 h2 hm; mount -t overlay o -o lowerdir=$PWD/h1:$PWD/h2 hm; rm -r h1 h2');
    expectFailure(await scan(stage.at('fs/hm'), '--format', 'json'), 3, 'json');
    stage.sh('umount fs/hm');
  });
});
