import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { testElectron } from '../scripts/electron.ts';
import { type Agent, startAgent } from './agent.ts';
import { LOADER, launchWindow, ROOT, type RunningWindow } from './app.ts';
import { makeOverlay, type TestOverlay } from './overlay.ts';
import { dialog, inspector, jump, row } from './page.ts';
import { isRoot, NEEDS_ROOT, type PlainUser, plainUser } from './plain-user.ts';

test.skip(!isRoot, NEEDS_ROOT);

let overlay: TestOverlay;
let user: PlainUser;
let agent: Agent;
let running: RunningWindow;

test.beforeEach(async () => {
  overlay = makeOverlay();
  chmodSync(overlay.folder, 0o755);
  // Closed to a plain user: this layer's own etc.
  chmodSync(join(overlay.layer('site'), 'etc'), 0o700);
  user = await plainUser({ checkout: ROOT, electron: await testElectron() });
  const checkout = user.at('checkout');
  agent = await startAgent(user.at('agent'), join(checkout, 'node_modules/.bin/node'));
  running = await launchWindow({
    executable: await user.program([join(user.at('electron'), 'electron')]),
    folder: checkout,
    loader: join(checkout, LOADER),
    sandbox: true,
    env: { ...user.env, PATH: `${agent.folder}:${process.env.PATH}` },
    stack: { kind: 'mount', mount: overlay.mount },
  });
  await expect(row(running.page, /^etc/)).toBeVisible();
});
test.afterEach(async () => {
  await running?.close();
  await agent?.close();
  await user?.remove();
  overlay?.remove();
});

const askForPrivilege = async (): Promise<void> => {
  const { page } = running;
  await page
    .getByRole('button', { name: /Read with privilege/ })
    .first()
    .click();
  await dialog(page).getByRole('button', { name: 'Read with privilege', exact: true }).click();
};

test('marks are unknown to a plain user, and known once the probe reads with privilege', async () => {
  const { page } = running;
  await expect(page.getByText('Read without privilege.')).toBeVisible();
  await jump(page, 'etc/passwd');
  await expect(row(page, /^passwd/)).toContainText('unknown');
  await page.screenshot({ path: test.info().outputPath('without.png') });

  await askForPrivilege();
  await expect(dialog(page)).toBeHidden();
  await expect(page.getByText('read with privilege', { exact: true })).toBeVisible();
  await expect(page.getByText('Read without privilege.')).toBeHidden();
  await jump(page, 'etc/passwd');
  await expect(row(page, /^passwd/)).toContainText('copied up');
  await expect(row(page, /^app\.conf/)).toBeVisible();
  await inspector(page).getByRole('tab', { name: 'Xattrs' }).click();
  await expect(inspector(page)).toContainText('trusted.overlay.origin');
  await page.screenshot({ path: test.info().outputPath('with.png') });
});

test('a refusal is said in a sentence, and what was shown stays', async () => {
  const { page } = running;
  agent.allows = false;
  await askForPrivilege();
  await expect(dialog(page).getByRole('alert')).toContainText(/pkexec gave no privilege: .*Not authorized/);
  await page.screenshot({ path: test.info().outputPath('refused.png') });
  await page.keyboard.press('Escape');
  await jump(page, 'etc/passwd');
  await expect(row(page, /^passwd/)).toContainText('unknown');
});
