import { describe, expect, test } from 'vitest';
import { kernelAtLeast, rulesVerifiedOn, type StackOptions, stackOptions } from './options.ts';

type Options = Record<string, string>;

/** Module parameters as a kernel has them that nobody configured. */
const DEFAULTS: Options = {
  redirect_dir: 'N',
  redirect_always_follow: 'Y',
  index: 'N',
  nfs_export: 'N',
  metacopy: 'N',
  xino_auto: 'N',
};

type Given = {
  shown?: Options;
  parameters?: Options;
  kind?: 'overlay' | 'directories';
  hasUpper?: boolean;
  userNamespace?: boolean | 'unknown';
};

function inEffect({ shown = {}, parameters = {}, kind = 'overlay', hasUpper = true, userNamespace = false }: Given) {
  const layers = [...(hasUpper ? [{ role: 'upper' }] : []), { role: 'lower' }];
  return stackOptions({ kind, userNamespace, options: shown, layers }, { ...DEFAULTS, ...parameters });
}

const PLAIN: StackOptions = {
  redirectDir: 'follow',
  metacopy: false,
  index: false,
  nfsExport: false,
  userxattr: false,
  xino: 'off',
  uuid: 'auto',
};

describe('what a mount shows', () => {
  test.each<[string, Options, Partial<StackOptions>]>([
    ['nothing', {}, {}],
    ['uuid=on', { uuid: 'on' }, { uuid: 'on' }],
    ['uuid=null', { uuid: 'null' }, { uuid: 'null' }],
    ['redirect_dir=on', { redirect_dir: 'on' }, { redirectDir: 'on' }],
    ['redirect_dir=nofollow', { redirect_dir: 'nofollow' }, { redirectDir: 'nofollow' }],
    ['metacopy=on', { redirect_dir: 'on', metacopy: 'on' }, { redirectDir: 'on', metacopy: true }],
    ['index=on', { index: 'on' }, { index: true }],
    ['nfs_export=on', { index: 'on', nfs_export: 'on' }, { index: true, nfsExport: true }],
    ['xino=on', { xino: 'on' }, { xino: 'on' }],
    ['xino=auto', { xino: 'auto' }, { xino: 'auto' }],
    ['userxattr', { redirect_dir: 'nofollow', userxattr: '' }, { redirectDir: 'nofollow', userxattr: true }],
  ])('%s', (_, shown, expected) => expect(inEffect({ shown })).toEqual({ ...PLAIN, ...expected }));

  test('without an upper, following a redirect and making one are the same', () => {
    expect(inEffect({ shown: { redirect_dir: 'on' }, hasUpper: false }).redirectDir).toBe('on');
    expect(inEffect({ hasUpper: false }).redirectDir).toBe('on');
    expect(inEffect({ shown: { redirect_dir: 'nofollow' }, hasUpper: false }).redirectDir).toBe('nofollow');
  });

  test('without an upper nfs_export stays on where the index was forced off', () => {
    const shown = { redirect_dir: 'nofollow', nfs_export: 'on', index: 'off' };
    const expected = { ...PLAIN, redirectDir: 'nofollow', nfsExport: true };
    expect(inEffect({ shown, parameters: { index: 'Y' }, hasUpper: false })).toEqual(expected);
    expect(inEffect({ shown, parameters: { index: 'Y' } }).nfsExport).toBe(false);
  });

  test('without an upper there is no index', () => {
    expect(inEffect({ shown: { index: 'on' }, hasUpper: false }).index).toBe(false);
    expect(inEffect({ parameters: { index: 'Y' }, hasUpper: false }).index).toBe(false);
  });
});

describe('what is not shown is as the module parameters are now', () => {
  test.each<[Options, Partial<StackOptions>]>([
    [{ redirect_dir: 'Y' }, { redirectDir: 'on' }],
    [{ redirect_always_follow: 'N' }, { redirectDir: 'nofollow' }],
    [{ redirect_dir: 'Y', redirect_always_follow: 'N' }, { redirectDir: 'on' }],
    [{ metacopy: 'Y' }, { metacopy: true }],
    [{ index: 'Y' }, { index: true }],
    [
      { index: 'Y', nfs_export: 'Y' },
      { index: true, nfsExport: true },
    ],
    [{ xino_auto: 'Y' }, { xino: 'auto' }],
  ])('%o', (parameters, expected) => expect(inEffect({ parameters })).toEqual({ ...PLAIN, ...expected }));

  test('a parameter that was changed after the mount makes it show what it had, and that counts', () => {
    const parameters = { redirect_dir: 'Y', index: 'Y', metacopy: 'Y', nfs_export: 'Y', xino_auto: 'Y' };
    const shown = { redirect_dir: 'follow', index: 'off', metacopy: 'off', nfs_export: 'off', xino: 'off' };
    expect(inEffect({ shown, parameters })).toEqual(PLAIN);
  });

  test('where the parameters cannot be read, those that kernels are built with count', () => {
    const facts = { kind: 'overlay', userNamespace: false, options: {}, layers: [{ role: 'upper' }] } as const;
    expect(stackOptions(facts, {})).toEqual(PLAIN);
  });
});

describe('directories, as they would be mounted', () => {
  const directories = (shown: Options, more: Given = {}) => inEffect({ kind: 'directories', shown, ...more });

  test('metacopy=on asks for redirect_dir=on', () => {
    expect(directories({ metacopy: 'on' })).toEqual({ ...PLAIN, metacopy: true, redirectDir: 'on' });
  });

  test('nfs_export=on asks for index=on', () => {
    expect(directories({ nfs_export: 'on' })).toEqual({ ...PLAIN, nfsExport: true, index: true });
  });

  test('redirect_dir=off follows where the module always follows', () => {
    expect(directories({ redirect_dir: 'off' }).redirectDir).toBe('follow');
    const parameters = { redirect_always_follow: 'N' };
    expect(directories({ redirect_dir: 'off' }, { parameters }).redirectDir).toBe('nofollow');
  });

  test('userxattr and a user namespace follow no redirect and no metacopy, and the namespace keeps no index', () => {
    const parameters = { redirect_dir: 'Y', metacopy: 'Y', index: 'Y', nfs_export: 'Y' };
    const confined = { ...PLAIN, redirectDir: 'nofollow' };
    const indexed = { ...confined, userxattr: true, index: true };
    expect(directories({ userxattr: '' }, { parameters })).toEqual({ ...indexed, nfsExport: true });
    expect(directories({ userxattr: '', index: 'on' })).toEqual(indexed);
    expect(directories({}, { parameters, userNamespace: true })).toEqual(confined);
    expect(directories({ index: 'on' }, { userNamespace: true }).index).toBe(false);
  });
});

test.each([
  ['6.18.44', '6.18', true],
  ['6.18', '6.18.0', true],
  ['6.5-rc1', '6.5', true],
  ['6.12.117-amd64', '6.16', false],
  ['6.9', '6.10', false],
  ['10.0', '9.99', true],
  ['', '4.19', false],
])('kernel %j is at least %s: %s', (version, wanted, expected) =>
  expect(kernelAtLeast(version, wanted)).toBe(expected),
);

test('the rules were verified on one series', () => {
  expect(['6.18', '6.18.44', '6.18.0-rc1'].every(rulesVerifiedOn)).toBe(true);
  expect(['6.1', '6.180', '6.19.1', '16.18'].some(rulesVerifiedOn)).toBe(false);
});
