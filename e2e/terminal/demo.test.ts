import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../electron/engine/index.ts';
import { asBytes, bytesOfArray } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import { DemoLine } from '../../shared/contract/programs.ts';
import { ScanMeta, ScanObject } from '../../shared/contract/scan.ts';
import { textOf } from '../../shared/explain/index.ts';
import { engineContract, type ObjectDetail } from '../../shared/ipc/engine.ts';
import { createClient, transportPair } from '../../shared/ipc/rpc.ts';
import { exactly, expectFailure, NODE, PROGRAM, ROOT, stratoscope } from './program.ts';

/** The demo from the terminal: built, looked into by the other commands, and gone afterwards. */
describe.skipIf(process.getuid?.() !== 0)('demo', () => {
  const base = mkdtempSync(join(tmpdir(), 'stratoscope-demo-'));
  const dir = join(base, 'made', 'for it');
  const demo = spawn(NODE, [PROGRAM, 'demo', dir], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => demo.once('exit', resolve));
  let line: DemoLine;
  beforeAll(async () => {
    for await (const text of createInterface({ input: demo.stdout })) {
      line = exactly(DemoLine, JSON.parse(text));
      break;
    }
  });
  afterAll(async () => {
    demo.kill('SIGKILL');
    await ended;
    await stratoscope(['demo', '--remove', dir]);
    rmSync(base, { recursive: true, force: true });
  });

  it('prints the mount and the process that holds it', () => {
    expect(line.form).toBe('root');
    expect(line.mount).toBe(join(dir, 'merged'));
    expect(existsSync(`/proc/${line.pid}/ns/mnt`)).toBe(true);
  });

  it('its words name each stack to the other commands, which read it whole', async () => {
    expect(line.stacks.length).toBeGreaterThan(0);
    for (const { name, words } of line.stacks) {
      const run = await stratoscope(['scan', '--hidden', ...words]);
      expect([name, run.status, run.stderr]).toEqual([name, 0, '']);
      exactly(ScanMeta, run.lines[0]);
      const objects = run.lines.slice(1).map((one) => exactly(ScanObject, one));
      expect(objects.length).toBeGreaterThan(5);
      const tree = await stratoscope(['tree', '--hidden', ...words]);
      expect(tree.stdout.split('\n').filter((text) => /[├└]── /.test(text))).toHaveLength(objects.length - 1);
    }
  });

  it('every object is explained in its own words, and each command shows its value', async () => {
    const details = await everyDetail(line);
    const seen = new Map<string, string>();
    for (const { object, explanation, wouldChange } of details) {
      const text = [...explanation, ...wouldChange].map(textOf).join('\n');
      expect(explanation.length).toBeGreaterThan(0);
      expect(text).not.toMatch(/undefined|\[object|NaN/);
      // Objects that have the same text are alike in all that counts.
      const { entries, lookup, listed, provenance, hiddenBy, origin, redirect, findings } = object;
      const stands = entries.map(({ layer, type, role, hiddenBy: by, marks }) => [layer, type, role, by, marks]);
      const counts = JSON.stringify([stands, lookup, listed, provenance, hiddenBy, origin, redirect, findings]);
      expect(seen.get(text) ?? counts).toBe(counts);
      seen.set(text, counts);
    }
    const commands = [
      ...new Map(details.flatMap((one) => one.commands).map((one) => [one.command + one.value, one])).values(),
    ];
    expect(commands.length).toBeGreaterThan(300);
    const outputs = outputsOf(commands.map(({ command }) => command));
    const wrong = commands
      .map(({ fact, value, command }, i) => ({
        fact,
        value,
        command,
        output: textForEyes(bytesOfArray(outputs[i] as Uint8Array)),
      }))
      .filter(({ value, output }) => !output.includes(value));
    expect(wrong).toEqual([]);
  });

  it('refuses a directory that is in use', async () => {
    expectFailure(await stratoscope(['demo', dir]), 2);
    expectFailure(await stratoscope(['demo', '/etc', '--format', 'json']), 2, 'json');
    expectFailure(await stratoscope(['demo', '--remove', '/etc']), 2);
  });

  it('--script prints commands of sh', async () => {
    const run = await stratoscope(['demo', '--script']);
    expect(run.status).toBe(0);
    execFileSync('sh', ['-n', '-c', run.stdout]);
  });

  it('an interrupt ends it with 130 and leaves nothing', async () => {
    demo.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(existsSync(join(base, 'made'))).toBe(false);
    expect(existsSync(`/proc/${line.pid}`)).toBe(false);
  });
});

/** The detail of every object of the demo's main stack, hidden ones too. */
async function everyDetail(line: DemoLine): Promise<ObjectDetail[]> {
  const [mine, theirs] = transportPair();
  const data = mkdtempSync(join(tmpdir(), 'stratoscope-data-'));
  const engine = createEngine(theirs, { dataFolder: data });
  try {
    const client = createClient(engineContract, mine);
    const isReady = new Promise<void>((resolve) => {
      client.on('view', ({ phase }) => {
        if (phase === 'ready') resolve();
      });
    });
    const stack = { kind: 'mount' as const, mount: asBytes(line.mount as string), pid: line.pid };
    const { view } = await client.call('open', { stack, hidden: true });
    await isReady;
    const root = (await client.call('rows', { view, from: 0, count: 1 })).rows[0];
    const { total } = await client.call('expand', { view, id: root?.id ?? 0, open: true, deep: true });
    const { rows } = await client.call('rows', { view, from: 0, count: Math.min(total, 2000) });
    const out: ObjectDetail[] = [];
    for (const { id } of rows) out.push(await client.call('detail', { view, id }));
    return out;
  } finally {
    await engine.close();
    rmSync(data, { recursive: true, force: true });
  }
}

/** What each command prints, run by one shell: a command that fails prints why, which holds no value. */
function outputsOf(commands: string[]): Uint8Array[] {
  const script = commands.map((command) => `{ ${command}\n} 2>&1; printf '\\0'`).join('\n');
  const all = execFileSync('bash', [], { input: script, maxBuffer: 64 * 1024 * 1024 });
  const out: Uint8Array[] = [];
  for (let from = 0, at = all.indexOf(0); at >= 0; from = at + 1, at = all.indexOf(0, from))
    out.push(all.subarray(from, at));
  return out;
}
