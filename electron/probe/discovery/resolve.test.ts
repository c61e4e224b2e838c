import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import type { StackFacts, StackRef } from '../../../shared/ipc/probe.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { resolveStack } from './index.ts';
import { bytes, listed, Machine, mount, states, unmount } from './testing/machine.ts';

/** What the user names, and what is answered where that is no stack. */
const machine = new Machine();
const at = (name: string): string => machine.at(name);

beforeAll(() => {
  machine.filesystem('ext4', 'fs');
  machine.sh('chmod 755 .; mkdir m plain gone; cd fs; mkdir -p l1/in l2 l3 u w; touch l1/file');
  mount('overlay', at('m'), `lowerdir=${at('fs/l1')}:${at('fs/l2')},upperdir=${at('fs/u')},workdir=${at('fs/w')}`);
});
afterAll(() => machine.end());

async function failure(stack: StackRef): Promise<Record<string, unknown>> {
  try {
    await resolveStack(stack);
  } catch (error) {
    if (error instanceof FailureError) return error.failure;
    throw error;
  }
  throw new Error('it was resolved');
}
const mountRef = (path: string, pid: number | null = null): StackRef => ({ kind: 'mount', mount: bytes(path), pid });

describe('a mount', () => {
  test('by its mount point, however it is written', async () => {
    const facts = await listed(at('m'));
    machine.sh('ln -s m link');
    for (const path of [at('m'), `${at('')}/m//`, at('link'), at('./m/')])
      expect({ ...(await resolveStack(mountRef(path))), readAt: '' }).toEqual({ ...facts, readAt: '' });
  });
  test('by its device, and by its line', async () => {
    const facts = await listed(at('m'));
    expect(await resolveStack({ kind: 'dev', dev: facts.dev ?? '' })).toMatchObject({ mount: at('m') });
    const line = facts.line ?? asBytes('');
    expect(await resolveStack({ kind: 'mountinfo', line, pid: null })).toMatchObject({ mount: at('m'), line });
  });
  test('a line of a mount that is gone still names directories', async () => {
    mount('overlay', at('gone'), `lowerdir=${at('fs/l2')}:${at('fs/l3')}`);
    const { line } = await listed(at('gone'));
    unmount(at('gone'));
    const facts = await resolveStack({ kind: 'mountinfo', line: line ?? asBytes(''), pid: null });
    expect(states(facts)).toEqual([`unverified ${at('fs/l2')}`, `unverified ${at('fs/l3')}`]);
    expect(facts).toMatchObject({ mount: at('gone'), readonly: true });
  });
  test.each([
    ['a path below it', 'm/in', 'not-overlay', 'name '],
    ['a plain directory', 'plain', 'not-overlay', '--lower'],
    ['another filesystem', 'fs', 'not-overlay', 'list'],
    ['nothing', 'no', 'not-found', 'list'],
  ])('%s', async (_, path, code, hint) => {
    expect(await failure(mountRef(at(path)))).toMatchObject({
      code,
      path: at(path),
      hint: expect.stringContaining(hint),
    });
  });
  test('no such process, device or line', async () => {
    expect(await failure(mountRef('/', 4194303))).toMatchObject({ code: 'not-found', path: '/proc/4194303' });
    expect(await failure({ kind: 'dev', dev: '0:999999' })).toMatchObject({ code: 'not-found', path: '0:999999' });
    const line = (text: string): StackRef => ({ kind: 'mountinfo', line: bytes(text), pid: null });
    expect(await failure(line('rubbish'))).toMatchObject({ code: 'not-overlay' });
    expect(await failure(line('1 2 0:3 / / rw - ext4 /dev/x rw'))).toMatchObject({ code: 'not-overlay' });
    expect(await failure(line('1 2 0:3 / / rw - overlay o rw'))).toMatchObject({ code: 'bad-options' });
  });
});

describe('directories', () => {
  type Directories = Extract<StackRef, { kind: 'directories' }>;
  const directories = (lowers: string[], more: Partial<Directories> = {}): Directories => ({
    kind: 'directories',
    lowers: lowers.map((name) => bytes(at(name))),
    data: [],
    upper: null,
    work: null,
    options: {},
    ...more,
  });
  test('are what the user says', async () => {
    const facts = await resolveStack(
      directories(['fs/l2', 'fs/l3'], { upper: bytes(at('fs/l1/in')), work: bytes(at('fs/w')) }),
    );
    expect(facts).toMatchObject({
      kind: 'directories',
      mount: null,
      mountId: null,
      dev: null,
      ns: null,
      pid: null,
      readonly: false,
    });
    expect(facts.layers.map(({ layer, role, state, path }) => `${layer} ${role} ${state} ${path}`)).toEqual([
      `0 upper ok ${at('fs/l1/in')}`,
      `1 lower ok ${at('fs/l2')}`,
      `2 lower ok ${at('fs/l3')}`,
    ]);
    expect(facts.work).toBe(at('fs/w'));
  });
  test('need no work directory', async () => {
    expect((await resolveStack(directories(['fs/l2'], { upper: bytes(at('fs/l3')) }))).work).toBeNull();
  });
  test('a data-only layer counts on after the lowers', async () => {
    const facts = await resolveStack(directories(['fs/l2'], { data: [bytes(at('fs/l3'))] }));
    expect(facts.layers.map(({ layer, role }) => `${layer} ${role}`)).toEqual(['1 lower', '2 data']);
  });
  test.each([
    ['one lower alone', directories(['fs/l1']), 'bad-options', undefined],
    ['the same twice', directories(['fs/l1', 'fs/l1']), 'bad-options', 'fs/l1'],
    ['the same by a link', directories(['fs/l1', 'fs/alias']), 'bad-options', 'fs/l1'],
    ['one in another', directories(['fs/l1', 'fs/l1/in']), 'bad-options', 'fs/l1/in'],
    ['one around another', directories(['fs/l1/in', 'fs']), 'bad-options', 'fs/l1/in'],
    ['a file', directories(['fs/l1/file', 'fs/l2']), 'bad-layer', 'fs/l1/file'],
    ['nothing', directories(['fs/no', 'fs/l2']), 'not-found', 'fs/no'],
    ['an upper on an overlay', directories(['fs/l2'], { upper: bytes(at('m/in')) }), 'bad-layer', 'm/in'],
    [
      'work on another mount of the same filesystem',
      directories(['fs/l2'], { upper: bytes(at('fs/l3')), work: bytes(at('bound/w')) }),
      'bad-options',
      'bound/w',
    ],
    [
      'work elsewhere',
      directories(['fs/l2'], { upper: bytes(at('fs/l3')), work: bytes(at('plain')) }),
      'bad-options',
      'plain',
    ],
    [
      'options that exclude each other',
      directories(['fs/l1', 'fs/l2'], { options: { metacopy: bytes('on'), redirect_dir: bytes('nofollow') } }),
      'bad-options',
      undefined,
    ],
  ])('%s', async (name, stack, code, path) => {
    if (name.includes('another mount')) machine.sh('mkdir -p bound; mount --bind fs bound');
    if (name.includes('link')) machine.sh('ln -sfn l1 fs/alias');
    const failed = await failure(stack);
    expect(failed).toMatchObject({ code, hint: expect.any(String) });
    expect(failed.path).toBe(path === undefined ? undefined : at(path));
  });
});

describe('overlapping directories', () => {
  const cases = [
    'lower=b:a upper=a/u work=a/w',
    'lower=b:a/u/in upper=a/u work=a/w',
    'lower=b:a/w/in upper=a/u work=a/w',
    'lower=b:a/w upper=a/u work=a/w',
    'lower=b:a/u upper=a/u work=a/w',
    'lower=b upper=b/u work=b/w',
    'lower=c upper=a/u work=a/w',
    'lower=a/l upper=c/u work=c/u/in',
    'lower=a/l upper=c/w/in work=c/w',
    'lower=a/l upper=c/u work=c/u',
    'lower=a/l data=a upper=c/u work=c/w',
    'lower=b data=a upper=a/u work=a/w',
    'lower=b data=a:a/u',
    'lower=b:a/l data=a/l',
    'lower=b:a:c',
    'lower=b:a:a/l',
    'lower=a/l:a',
  ];
  beforeAll(() => machine.sh('mkdir -p over; cd fs; for i in a b c; do mkdir -p $i/u/in $i/w/in $i/l; done'));

  test.each(cases)('%s: as the kernel', async (text) => {
    machine.sh('cd fs; for i in a b c; do rm -rf $i/w; mkdir -p $i/w/in; done');
    const part = (name: string): string[] =>
      (new RegExp(`${name}=(\\S+)`).exec(text)?.[1]?.split(':') ?? []).map((path) => at(`fs/${path}`));
    const [lowers, data, [upper], [work]] = [part('lower'), part('data'), part('upper'), part('work')];
    const options = `lowerdir=${[lowers.join(':'), ...data].join('::')}${upper ? `,upperdir=${upper},workdir=${work}` : ''}`;
    let kernel = 'accepts';
    try {
      mount('overlay', at('over'), options);
      unmount(at('over'));
    } catch {
      kernel = 'refuses';
    }
    machine.sh('cd fs; for i in a b c; do mkdir -p $i/w/in; done');
    const stack: StackRef = {
      kind: 'directories',
      lowers: lowers.map(bytes),
      data: data.map(bytes),
      upper: upper ? bytes(upper) : null,
      work: work ? bytes(work) : null,
      options: {},
    };
    const mine = await resolveStack(stack).then(
      () => 'accepts',
      () => 'refuses',
    );
    expect(mine).toBe(kernel);
  });
});

describe('without privilege', () => {
  /** Resolves as a plain user, in a process of its own. */
  function asPlainUser(stack: StackRef): StackFacts {
    const index = fileURLToPath(new URL('./index.ts', import.meta.url));
    const script = `const { resolveStack } = await import(${JSON.stringify(index)});
      console.log(JSON.stringify(await resolveStack(${JSON.stringify(stack)})));`;
    const setpriv = ['--reuid', '65534', '--regid', '65534', '--clear-groups', '--bounding-set', '-all'];
    const node = [process.execPath, '--input-type=module', '-e', script];
    return JSON.parse(execFileSync('setpriv', [...setpriv, ...node], { encoding: 'utf8' })) as StackFacts;
  }
  test('handles still confirm the upper at its text; lowers stay unverified; nothing can be cloned', () => {
    const facts = asPlainUser(mountRef(at('m')));
    expect(states(facts)).toEqual([`ok ${at('fs/u')}`, `unverified ${at('fs/l1')}`, `unverified ${at('fs/l2')}`]);
    expect(facts.layers.map(({ access }) => access)).toEqual(['path', 'path', 'path']);
  });
  test('what may not be entered is unreadable, never missing', () => {
    machine.sh('mkdir m2 fs/closed; mkdir fs/closed/u fs/closed/w fs/closed/l; chmod 700 fs/closed');
    mount(
      'overlay',
      at('m2'),
      `lowerdir=${at('fs/closed/l')},upperdir=${at('fs/closed/u')},workdir=${at('fs/closed/w')}`,
    );
    const facts = asPlainUser(mountRef(at('m2')));
    expect(states(facts)).toEqual(['unreadable null', 'unreadable null']);
    expect(facts.layers[0]?.why).toBe('permission denied');
  });
});
