import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { closeFd, listed, Machine, mkdir, mount, mountNew, openPlace, unmount } from './testing/machine.ts';

/** Layers whose names are hard to show, by every way to give them: what comes back is the directory, byte for byte. */
const machine = new Machine();
const hostile = [
  'a,b',
  'a:b',
  '::',
  'a\\b',
  '\\',
  'a\\:b',
  'new\nline',
  'tab\tb',
  ' a b ',
  '#',
  '\\054',
  '\xff\xfe',
  'k=v,w',
];

beforeAll(() => {
  machine.filesystem('ext4', 'fs');
  machine.sh('mkdir m fs/work; touch fs/x');
  for (const [i, name] of hostile.entries()) {
    for (const role of ['l', 'u', 'w']) {
      mkdir(machine.at(`fs/${role}${i}`));
      mkdir(machine.at(`fs/${role}${i}/${name}`));
    }
  }
  mkdir(machine.at('fs/base'));
});
afterEach(() => unmount(machine.at('m')));
afterAll(() => machine.end());

/** An escape for one layer in lowerdir=, and for upperdir= and workdir= by string. */
const inLowerdir = (path: string): string => path.replace(/[\\:,]/g, (c) => `\\${c}`);
const inString = (path: string): string => path.replace(/[\\,]/g, (c) => `\\${c}`);

async function expectLayers(i: number, name: string, hasUpper: boolean): Promise<void> {
  const stack = await listed(machine.at('m'));
  const lower = stack.layers.find(({ layer }) => layer === 1);
  expect(lower?.path).toBe(machine.at(`fs/l${i}/${name}`));
  if (!hasUpper) return;
  expect(stack.layers[0]).toMatchObject({ role: 'upper', state: 'ok', path: machine.at(`fs/u${i}/${name}`) });
  expect(stack.work).toBe(machine.at(`fs/w${i}/${name}`));
}

describe.each(hostile.map((name, i) => ({ name, i })))('a layer named $name', ({ name, i }) => {
  const path = (role: string): string => machine.at(`fs/${role}${i}/${name}`);

  test('given to mount(2)', async () => {
    const data = `lowerdir=${inLowerdir(path('l'))}:${machine.at('fs/base')},upperdir=${inString(path('u'))},workdir=${inString(path('w'))}`;
    mount('overlay', machine.at('m'), data);
    await expectLayers(i, name, true);
  });
  test('given to fsconfig as strings', async () => {
    mountNew(machine.at('m'), [
      ['lowerdir+', path('l')],
      ['lowerdir+', machine.at('fs/base')],
      ['upperdir', path('u').replaceAll('\\', '\\\\')],
      ['workdir', path('w').replaceAll('\\', '\\\\')],
    ]);
    await expectLayers(i, name, true);
  });
  test('given to fsconfig as descriptors', async () => {
    const fds = ['l', 'u', 'w'].map((role) => openPlace(path(role)));
    try {
      mountNew(machine.at('m'), [
        ['lowerdir+', fds[0] as number],
        ['lowerdir+', machine.at('fs/base')],
        ['upperdir', fds[1] as number],
        ['workdir', fds[2] as number],
      ]);
    } finally {
      fds.forEach(closeFd);
    }
    await expectLayers(i, name, true);
  });
  test('without an upper, and data-only', async () => {
    mount(
      'overlay',
      machine.at('m'),
      `lowerdir=${inLowerdir(path('l'))}:${machine.at('fs/base')}::${inLowerdir(path('u'))}`,
    );
    await expectLayers(i, name, false);
    const stack = await listed(machine.at('m'));
    expect(stack.layers.map(({ role }) => role)).toEqual(['lower', 'lower', 'data']);
    expect(stack.layers[2]?.path).toBe(path('u'));
  });
});
