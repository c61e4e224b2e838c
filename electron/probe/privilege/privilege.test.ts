import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Probe, probeCommand, startProbe } from '../client.ts';
import { cannotMount, Sandbox } from '../testing/machine.ts';
import { walkPaths } from '../testing/walked.ts';

const sandbox = new Sandbox();
afterAll(() => sandbox.remove());

/** SYS_ADMIN, DAC_READ_SEARCH, SYS_PTRACE, SYS_CHROOT. */
const FOUR = '00000000002c0004';
const NONE = '0000000000000000';

/** Fields of /proc/PID/task/TID/status, of every thread. */
function threads(pid: number): Record<string, string>[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) =>
    Object.fromEntries(
      readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8')
        .split('\n')
        .map((line) => line.split(':\t'))
        .filter((pair): pair is [string, string] => pair.length === 2),
    ),
  );
}

describe.skipIf(cannotMount)(`a privileged start${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  let probe: Probe;
  let pid = 0;
  beforeAll(async () => {
    process.env.LD_STRATOSCOPE_TEST = '1';
    process.env.NODE_PENDING_DEPRECATION = '1';
    probe = startProbe();
    delete process.env.LD_STRATOSCOPE_TEST;
    delete process.env.NODE_PENDING_DEPRECATION;
    ({ pid } = await probe.client.call('hello', {}));
    // So that the threads that walk are there too.
    await walkPaths(probe, [sandbox.path]);
  });
  afterAll(() => probe.close());

  test('keeps four capabilities, and no other user, group or hope of more, in every thread', () => {
    const all = threads(pid);
    expect(all.length).toBeGreaterThan(5);
    for (const thread of all) {
      expect(thread).toMatchObject({
        Uid: '65534\t65534\t65534\t65534',
        Gid: '65534\t65534\t65534\t65534',
        CapBnd: FOUR,
        CapAmb: NONE,
        NoNewPrivs: '1',
        Seccomp: '2',
      });
      expect((thread.Groups as string).trim()).toBe('');
      // Threads of V8 have none at all; those that read have the four.
      expect([FOUR, NONE]).toContain(thread.CapPrm);
      expect(thread.CapEff).toBe(thread.CapPrm);
    }
    const [main] = all;
    expect(main).toMatchObject({ CapPrm: FOUR, CapEff: FOUR });
  });

  test('keeps nothing of the environment that steers the loader or Node', () => {
    const names = readFileSync(`/proc/${pid}/environ`, 'latin1')
      .split('\0')
      .map((variable) => variable.split('=')[0]);
    expect(names.filter((name) => /^(LD_|NODE_)/.test(name ?? ''))).toEqual([]);
    expect(names).toContain('PATH');
  });

  test('says what it may', async () => {
    const { privilege } = await probe.client.call('hello', {});
    expect(privilege).toEqual({
      uid: 65534,
      capabilities: ['DAC_READ_SEARCH', 'SYS_CHROOT', 'SYS_PTRACE', 'SYS_ADMIN'],
      trusted: true,
      handles: true,
      noNewPrivs: true,
    });
  });

  test('its helpers for filesystems that hang are no more privileged', async () => {
    await walkPaths(probe, [sandbox.path], { session: 9, isolate: true });
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    expect(children.length).toBe(1);
    for (const thread of threads(Number(children[0]))) {
      expect(thread).toMatchObject({ Uid: '65534\t65534\t65534\t65534', CapBnd: FOUR, NoNewPrivs: '1', Seccomp: '2' });
      expect(thread.CapPrm).toBe(FOUR);
    }
    await probe.client.call('release', { session: 9 });
  });

  test('starts and reads where only root may look, program included', async () => {
    const home = join(sandbox.path, 'closed-home');
    mkdirSync(home, { mode: 0o700 });
    const root = join(import.meta.dirname, '../../..');
    for (const room of ['electron/probe', 'electron/pipe', 'shared', 'package.json'])
      cpSync(join(root, room), join(home, room), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
    const command = [process.execPath, join(home, 'electron/probe/main.ts'), '--stdio'];
    const hidden = startProbe({ command });
    const { reader } = await walkPaths(hidden, [join(home, 'shared/bytes')]);
    expect(reader.byPath().has('bytes.ts')).toBe(true);
    expect(reader.entries.every((entry) => entry.errno === 0)).toBe(true);
    await hidden.close();
  });
});

describe.skipIf(cannotMount)(`it can change nothing${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  test('in any layer of a real overlay, by its own bindings, also where everybody may', async () => {
    const at = sandbox.filesystem('ext4');
    const layers = ['upper', 'lower1', 'lower2'].map((name) => join(at, name));
    for (const layer of layers) {
      mkdirSync(layer, { mode: 0o777 });
      execFileSync('chmod', ['777', layer]);
      mkdirSync(join(layer, 'directory'), { mode: 0o755 });
      writeFileSync(join(layer, 'file'), 'data');
      execFileSync('chmod', ['666', join(layer, 'file')]);
      execFileSync('chown', ['65534', join(layer, 'file')]);
    }
    mkdirSync(join(at, 'work'));
    mkdirSync(join(at, 'merged'));
    const [upper, lower1, lower2] = layers;
    const options = `lowerdir=${lower1}:${lower2},upperdir=${upper},workdir=${join(at, 'work')}`;
    sandbox.mount('-t', 'overlay', 'overlay', '-o', options, join(at, 'merged'));
    const before = execFileSync('find', [...layers, '-printf', '%p %m %U %s %T@ %C@ %n\n'], { encoding: 'utf8' });

    const script = join(import.meta.dirname, '../testing/try-changes.ts');
    const tried = execFileSync(process.execPath, [script, ...layers], { encoding: 'utf8' });
    const results = JSON.parse(tried) as { call: string; layer: string; error: string | null }[];
    expect(results.length).toBeGreaterThan(3 * 15);
    expect(results.filter(({ error }) => error === null)).toEqual([]);
    // All but openat2, whose flags no filter sees, are refused by the filter itself.
    const others = results.filter(({ error }) => error !== 'EROFS');
    expect(others.map(({ call, error }) => `${call}: ${error}`)).toEqual(layers.map(() => 'openat2 O_CREAT: EACCES'));

    const after = execFileSync('find', [...layers, '-printf', '%p %m %U %s %T@ %C@ %n\n'], { encoding: 'utf8' });
    expect(after).toBe(before);
    sandbox.unmount(join(at, 'merged'));
  });
});

describe.skipIf(cannotMount)(`other ways to some privilege${cannotMount ? `: ${cannotMount}` : ''}`, () => {
  const user = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'];
  const given = '+sys_admin,+dac_read_search,+net_admin';

  test('capabilities handed to a plain user: what is too much goes, in every thread', async () => {
    const probe = startProbe({ prefix: [...user, '--inh-caps', given, '--ambient-caps', given] });
    const { privilege, pid } = await probe.client.call('hello', {});
    expect(privilege).toMatchObject({ uid: 1000, capabilities: ['DAC_READ_SEARCH', 'SYS_ADMIN'], trusted: true });
    for (const thread of threads(pid)) expect(thread).toMatchObject({ CapPrm: '0000000000200004', NoNewPrivs: '1' });
    await probe.close();
  });

  test('root of a user namespace is no root: nothing is trusted', async () => {
    const probe = startProbe({ prefix: [...user, 'unshare', '-Ur'] });
    const { privilege, pid } = await probe.client.call('hello', {});
    expect(privilege).toMatchObject({ trusted: false, handles: false, noNewPrivs: true });
    for (const thread of threads(pid)) expect(thread).toMatchObject({ CapBnd: FOUR, NoNewPrivs: '1', Seccomp: '2' });
    await probe.close();
  });
});

describe('without privilege', () => {
  test('it runs as who started it, and says so', async () => {
    const prefix =
      process.getuid?.() === 0
        ? ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', '--bounding-set', '-all']
        : [];
    const probe = startProbe({ prefix, command: probeCommand() });
    const { privilege, pid } = await probe.client.call('hello', {});
    expect(privilege).toMatchObject({ capabilities: [], trusted: false, handles: false, noNewPrivs: true });
    expect(privilege.uid).toBe(process.getuid?.() === 0 ? 1000 : process.getuid?.());
    for (const thread of threads(pid)) expect(thread).toMatchObject({ NoNewPrivs: '1', Seccomp: '2' });
    expect(readlinkSync('/proc/self')).not.toBe(`${pid}`);
    await probe.close();
  });
});
