import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WatchEnd, WatchEvent, WatchMeta } from '../../shared/contract/watch.ts';
import { exactly, expectFailure, NODE, PROGRAM, stratoscope } from './program.ts';
import { makeStage, type Stage } from './stage.ts';

const MOUNTS = `
mkdir fs; mount -t tmpfs fs fs; mkdir -p fs/l/d fs/u fs/w merged
echo one > fs/l/a; echo two > fs/l/b; echo x > fs/l/d/x
mount -t overlay stage -o lowerdir=$PWD/fs/l,upperdir=$PWD/fs/u,workdir=$PWD/fs/w merged`;

/** A watch that runs while the test does something. */
class Watch {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  stderr = '';
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  #rest = '';
  #waiting: (() => void)[] = [];

  constructor(words: string[]) {
    this.child = spawn(NODE, [PROGRAM, 'watch', ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const parts = (this.#rest + text).split('\n');
      this.#rest = parts.pop() as string;
      this.lines.push(...parts);
      this.#wake();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ended = once(this.child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    void this.ended.then(() => this.#wake());
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits until a line satisfies, or the watch ends. */
  async line(satisfies: (line: string) => boolean): Promise<string> {
    for (let at = 0; ; ) {
      for (; at < this.lines.length; at++) if (satisfies(this.lines[at] as string)) return this.lines[at] as string;
      if (this.child.exitCode !== null) throw new Error(`the watch ended: ${this.stderr}\n${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  get ready(): Promise<string> {
    return this.line((line) => line.startsWith('{"meta"'));
  }

  get events(): WatchEvent[] {
    return this.lines
      .slice(1)
      .filter((line) => !line.startsWith('{"event":"unmounted"'))
      .map((line) => exactly(WatchEvent, JSON.parse(line)));
  }
}

describe.skipIf(process.getuid?.() !== 0)('watch', () => {
  let stage: Stage;
  const open: Watch[] = [];
  const watch = (...words: string[]): Watch => {
    const one = new Watch(words);
    open.push(one);
    return one;
  };
  beforeAll(() => {
    stage = makeStage();
    stage.sh(MOUNTS);
  });
  afterEach(async () => {
    for (const one of open.splice(0)) {
      one.child.kill('SIGKILL');
      await one.ended;
    }
  });
  afterAll(() => stage.remove());

  it('the meta line first, then each event with who did it, until SIGINT', async () => {
    const one = watch(stage.at('merged'), '--format', 'ndjson');
    const { meta } = exactly(WatchMeta, JSON.parse(await one.ready));
    expect(meta).toMatchObject({ contract: 1, kind: 'overlay', mount: stage.at('merged'), privilege: 'full' });
    expect(meta.watched.map(({ layer, by }) => [layer, by])).toEqual([
      [-1, 'filesystem'],
      [0, 'filesystem'],
      [1, 'filesystem'],
    ]);
    const pid = Number(stage.sh("cd merged; sh -c 'echo $$; echo y >> a; exec chmod 600 b'"));
    stage.sh('rm merged/d/x');
    await one.line((line) => line.includes('"event":"whiteout"'));
    one.child.kill('SIGINT');
    expect(await one.ended).toEqual([130, null]);
    const { events } = one;
    const told = events.filter(({ event }) => !event.startsWith('temp')).map(({ event, path }) => `${event} ${path}`);
    expect(told).toEqual(['copied-up a', 'modified a', 'copied-up b', 'metadata b', 'copied-up d', 'whiteout d/x']);
    const of = (event: string, path: string): WatchEvent =>
      events.find((found) => found.event === event && found.path === path) as WatchEvent;
    expect(of('copied-up', 'a')).toMatchObject({
      pid,
      layer: 0,
      bytes: '4',
      copied: 'data',
      temp: expect.stringMatching(/^#\d+$/),
    });
    expect(of('copied-up', 'b')).toMatchObject({ pid, command: 'chmod', bytes: '4' });
    expect(of('whiteout', 'd/x')).toMatchObject({ command: 'rm' });
    expect(events.every(({ latencyUs }) => latencyUs !== undefined && latencyUs >= 0)).toBe(true);
    expect(one.stderr).toBe('');
  });

  it('--count ends it after so many events, --for after so long; both with status 0', async () => {
    const counted = watch(stage.at('merged'), '--count', '2', '--format', 'ndjson');
    await counted.ready;
    stage.sh('cd merged; mkdir n1 n2 n3; rmdir n1 n2 n3');
    expect(await counted.ended).toEqual([0, null]);
    expect(counted.events.map(({ seq }) => seq)).toEqual([0, 1]);
    const timed = watch(stage.at('merged'), '--for', '0.2', '--format', 'json');
    expect(await timed.ended).toEqual([0, null]);
    expect(JSON.parse(timed.lines.join('\n'))).toMatchObject({ contract: 1, rows: [] });
  });

  it('a reader that goes away ends it quietly', async () => {
    const one = watch(stage.at('merged'), '--format', 'ndjson');
    await one.ready;
    one.child.stdout?.destroy();
    stage.sh('mkdir merged/n; rmdir merged/n');
    expect(await one.ended).toEqual([0, null]);
    expect(one.stderr).toBe('');
  });

  it('keeps neither the mount nor its filesystem busy, and ends with the mount', async () => {
    stage.sh('mkdir two; cd two; '.concat(MOUNTS, '; mkdir again; mount --bind merged again'));
    const one = watch(stage.at('two/merged'), '--format', 'ndjson');
    await one.ready;
    stage.sh('echo z >> two/merged/a; umount two/merged');
    expect(await one.ended).toEqual([0, null]);
    const last = exactly(WatchEnd, JSON.parse(one.lines.at(-1) as string));
    // Another namespace on this machine may have copied the mounts meanwhile.
    expect(last.stillAt).toContain(stage.at('two/again'));
    const again = watch(stage.at('two/again'), '--format', 'ndjson');
    await again.ready;
    stage.sh('umount two/again; umount two/fs');
    expect(await again.ended).toEqual([0, null]);
    expect(JSON.parse(again.lines.at(-1) as string)).toMatchObject({ event: 'unmounted' });
  });

  it('table: for people', async () => {
    const one = watch(stage.at('merged'), '--count', '1', '--format', 'table');
    await one.line((line) => line.startsWith('TIME'));
    stage.sh('mkdir merged/new');
    expect(await one.ended).toEqual([0, null]);
    expect(one.lines[1]).toMatch(/^\d\d:\d\d:\d\d\.\d{6} {2}created +\d+ {2}mkdir +new$/);
    expect(one.stderr).toContain('Ctrl-C');
  });

  it('nothing is written: no attribute, no time, in any layer', async () => {
    stage.sh('mkdir three; cd three; '.concat(MOUNTS));
    const state = (): string =>
      stage.sh('cd three; find fs -exec stat -c "%n %X %Y %Z" {} +; getfattr -Rhd -m - fs | grep -v "^# file" || true');
    const before = state();
    const one = watch(stage.at('three/merged'), '--for', '0.3', '--format', 'ndjson');
    expect(await one.ended).toEqual([0, null]);
    expect(state()).toBe(before);
  });

  it('bad usage is told', async () => {
    expectFailure(await stratoscope(['watch', stage.at('merged'), '--for', 'long']), 2, 'ndjson');
    expectFailure(await stratoscope(['watch', stage.at('merged'), '--count', '0', '--format', 'table']), 2);
    expectFailure(await stratoscope(['watch', stage.at('fs'), '--format', 'table']), 2);
  });
});
