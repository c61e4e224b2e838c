import { spawn, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SHAPES } from '../../shared/contract/shapes.ts';
import { expectFailure, NODE, PROGRAM, ROOT, stratoscope } from './program.ts';
import { makeStage, OVERLAY, type Stage } from './stage.ts';

const isRoot = process.getuid?.() === 0;

describe('bad usage is status 2, one line, and its JSON twin', () => {
  it.each([
    [['nothing']],
    [['list', 'too', 'many']],
    [['scan']],
    [['scan', '/a', '/b']],
    [['scan', '--no-such-option']],
    [['scan', '/etc/passwd']],
    [['scan', '--upper', '/tmp']],
    [['scan', '/a', '--lower', '/b']],
    [['scan', '/', '--depth', 'x']],
    [['scan', '/', '--path', 'a/../b']],
    [['scan', '/', '--pid', '0']],
    [['scan', '/', '--format', 'xml']],
    [['scan', '--lower', '/tmp', '--options', 'lowerdir=/x']],
    [['explain', '/']],
    [['explain', '--lower', '/a', '--lower', '/b']],
    [['explain', '--b64', '/', '*']],
    [['schema', 'nothing']],
    [['serve', '--port', '70000']],
    [['demo']],
    [['probe']],
  ])('%j', async (words) => {
    const isScan = words[0] === 'scan';
    // A scan speaks NDJSON to a program also when it fails, and when its words could not be read.
    expectFailure(await stratoscope([...words]), 2, isScan ? 'ndjson' : 'table');
    if (['schema', 'probe', 'demo', 'nothing'].includes(words[0] as string) || words.includes('xml')) return;
    for (const format of ['json', 'ndjson'] as const) {
      expectFailure(await stratoscope([...words, '--format', format]), 2, format);
    }
  });

  it('says where, why and what to do', async () => {
    const run = await stratoscope(['scan', '/nowhere/at/all', '--format', 'json']);
    expectFailure(run, 2, 'json');
    expect(run.stderr).toMatch(/^stratoscope: cannot scan: \/nowhere\/at\/all: .+\. .+\.$/m);
    const { error } = run.lines[0] as { error: { code: string; path: string; hint: string } };
    expect(error.path).toBe('/nowhere/at/all');
    expect(error.hint).not.toBe('');
  });

  it('a mount that is no overlay, a layer that is a file, a layer that is not there', async () => {
    expectFailure(await stratoscope(['scan', '/proc', '--format', 'table']), 2);
    expectFailure(await stratoscope(['scan', '--lower', NODE, '--format', 'table']), 2);
    expectFailure(await stratoscope(['scan', '--lower', '/nowhere', '--format', 'table']), 2);
    expectFailure(await stratoscope(['scan', '--mountinfo', 'no such line', '--format', 'table']), 2);
  });

  it.skipIf(!isRoot)('a directory in an overlay, also by a symlink', async () => {
    const stage = makeStage();
    try {
      stage.sh(`${OVERLAY}\nln -s merged link`);
      for (const path of ['merged/d', 'link/d']) {
        const run = await stratoscope(['scan', path], { cwd: stage.dir });
        expectFailure(run, 2, 'ndjson');
        expect(run.stderr).toContain('no mount point');
      }
    } finally {
      stage.remove();
    }
  });

  it.skipIf(!isRoot)('options that the kernel refuses together, and no others', async () => {
    const stage = makeStage();
    try {
      stage.sh('mkdir fs m; mount -t tmpfs fs fs; mkdir fs/l1 fs/l2 fs/u fs/w');
      const layers = { without: '', with: ',upperdir=fs/u,workdir=fs/w' };
      for (const options of [
        'userxattr,redirect_dir=on',
        'userxattr,metacopy=on',
        'metacopy=on,redirect_dir=off',
        'nfs_export=on,metacopy=on',
        'index=on,metacopy=on',
      ]) {
        for (const upper of ['without', 'with'] as const) {
          const mount = `mount -t overlay o -o lowerdir=fs/l1:fs/l2${layers[upper]},${options} m`;
          const isTaken =
            stage.sh(`if ${mount} 2>/dev/null; then umount m; echo taken; else echo refused; fi`) === 'taken\n';
          const directories = [
            '--lower',
            'fs/l1',
            'fs/l2',
            ...(upper === 'with' ? ['--upper', 'fs/u', '--work', 'fs/w'] : []),
          ];
          const run = await stratoscope(['scan', ...directories, '--options', options, '--format', 'table'], {
            cwd: stage.dir,
          });
          expect([options, upper, run.status], run.stderr).toEqual([options, upper, isTaken ? 0 : 2]);
          if (!isTaken) expectFailure(run, 2);
        }
      }
    } finally {
      stage.remove();
    }
  });

  it('hostile words are shown, not acted on', async () => {
    const run = await stratoscope(['scan', '/a\x1b[2J\u202eb', '--format', 'table']);
    expectFailure(run, 2);
    expect(run.stderr).toContain('/a\\e[2J\\u{202e}b');
  });

  it('--debug shows where it arose', async () => {
    const run = await stratoscope(['scan', '/nowhere', '--debug']);
    expect(run.status).toBe(2);
    expect(run.stderr).toMatch(/^\s+at /m);
  });
});

describe('help', () => {
  it('alone, --help and help print it and are done', async () => {
    const [alone, option, command] = await Promise.all([
      stratoscope([]),
      stratoscope(['--help']),
      stratoscope(['help']),
    ]);
    expect(alone.status).toBe(0);
    expect(alone.stdout).toContain('Usage: stratoscope');
    expect(alone.stdout).toContain('Examples:');
    expect(option.stdout).toBe(alone.stdout);
    expect(command.stdout).toBe(alone.stdout);
    expect(alone.stderr).toBe('');
  });

  it('--version prints the version', async () => {
    expect((await stratoscope(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('schema', () => {
  it('every shape, as JSON Schema', async () => {
    const names = await stratoscope(['schema']);
    expect(
      names.stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(Object.keys(SHAPES));
    const scan = JSON.parse((await stratoscope(['schema', 'scan'])).stdout);
    expect(scan).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object' });
    expect(Object.keys(scan.properties)).toEqual(
      expect.arrayContaining(['path', 'entries', 'data', 'origin', 'findings']),
    );
  });
});

describe.skipIf(!isRoot)('pipes and signals', () => {
  let stage: Stage;
  beforeAll(() => {
    stage = makeStage();
    stage.sh(`${OVERLAY}\nmkdir many; cd many; seq 1 30000 | xargs touch`);
  });
  afterAll(() => stage.remove());
  const many = () => ['scan', '--lower', stage.at('many'), '--lower', stage.at('fs/l1')];

  it('help that nobody reads to its end is quiet too', () => {
    for (const words of ['--help', 'scan --help', 'schema scan'])
      for (let i = 0; i < 5; i++) {
        const { stderr } = spawnSync('bash', ['-c', `'${NODE}' '${PROGRAM}' ${words} | true`], { encoding: 'utf8' });
        expect([words, stderr]).toEqual([words, '']);
      }
  });

  it('a closed pipe ends it quietly', async () => {
    const run = await stratoscope(many(), {
      onStart: (child) => child.stdout?.once('data', () => child.stdout?.destroy()),
    });
    expect([run.status, run.stderr]).toEqual([0, '']);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s ends it with 130 within two seconds, also while nobody reads',
    async (signal) => {
      const child = spawn(NODE, [PROGRAM, ...many()], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => {
        stderr += chunk.toString('utf8');
      });
      // The output begins, fills the pipe, and waits: nothing more is read.
      await new Promise((resolve) => child.stdout.once('readable', resolve));
      const from = performance.now();
      child.kill(signal);
      const status = await new Promise((resolve) => child.once('exit', resolve));
      expect([status, stderr]).toEqual([130, 'stratoscope: cannot scan: interrupted.\n']);
      expect(performance.now() - from).toBeLessThan(2000);
      child.stdout.destroy();
    },
  );
});

describe('serve', () => {
  it.each(['table', 'ndjson'] as const)('prints the address as %s, and ends with 130', async (format) => {
    const run = await stratoscope(['serve', ...(format === 'table' ? [] : ['--format', format])], {
      onStart: (child) => child.stdout?.on('data', () => setTimeout(() => child.kill('SIGINT'), 100)),
    });
    expect(run.status).toBe(130);
    const address = /^http:\/\/127\.0\.0\.1:\d+\/#token=\S+$/;
    if (format === 'table') expect(run.stdout.trimEnd()).toMatch(address);
    else expect((run.lines[1] as { url: string }).url).toMatch(address);
  });
});
