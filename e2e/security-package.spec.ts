import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FuseV1Options, FuseVersion, flipFuses } from '@electron/fuses';
import { expect, test } from '@playwright/test';
import config, { FUSES } from '../forge.config.ts';
import { testElectron } from '../scripts/electron.ts';
import { ROOT } from './app.ts';

test('the fuses are set: the binary is a window and nothing else', () => {
  expect(FUSES).toEqual({
    version: FuseVersion.V1,
    strictlyRequireAllFuses: true,
    [FuseV1Options.RunAsNode]: false,
    [FuseV1Options.EnableCookieEncryption]: true,
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: false,
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
    [FuseV1Options.OnlyLoadAppFromAsar]: true,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    [FuseV1Options.WasmTrapHandlers]: true,
  });
  const names = (config.plugins ?? []).map((plugin) => ('name' in plugin ? plugin.name : ''));
  expect(names).toContain('fuses');
});

test('with them a real Electron no longer runs as Node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stratoscope-fuses-'));
  try {
    await cp(await testElectron(), folder, { recursive: true, verbatimSymlinks: true });
    const electron = join(folder, 'electron');
    const asNode = (): string => {
      const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
      // Where it does not run as Node it is Electron without an app, and as root without --no-sandbox: it ends.
      return spawnSync(electron, ['-p', '6 * 7'], { env, encoding: 'utf8', timeout: 10_000 }).stdout.trim();
    };
    expect(asNode()).toBe('42');
    // This Electron is older than the last two.
    const { WasmTrapHandlers, GrantFileProtocolExtraPrivileges } = FuseV1Options;
    const known = Object.entries(FUSES).filter(
      ([name]) => ![WasmTrapHandlers, GrantFileProtocolExtraPrivileges].map(String).includes(name),
    );
    await flipFuses(electron, {
      ...Object.fromEntries(known),
      version: FuseVersion.V1,
      strictlyRequireAllFuses: false,
    });
    expect(asNode()).not.toContain('42');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('what polkit lets a user start is one program of root, deaf to arguments, and never Node', async () => {
  const policy = await readFile(join(ROOT, 'scripts/package/org.stratoscope.probe.policy'), 'utf8');
  const programs = [...policy.matchAll(/key="org\.freedesktop\.policykit\.exec\.path">([^<]*)</g)].map((one) => one[1]);
  expect(programs).toEqual(['/usr/lib/stratoscope/stratoscope-probe']);
  expect(policy).not.toMatch(/<allow_\w+>yes</);
  const wrapper = await readFile(join(ROOT, 'scripts/package/stratoscope-probe'), 'utf8');
  const commands = wrapper.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(commands).toEqual([
    'exec /usr/lib/stratoscope/resources/node /usr/lib/stratoscope/resources/engine/dist/probe.js --stdio',
  ]);
});
