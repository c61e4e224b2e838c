import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PAGE_HEADERS, pageFile } from './page-files.ts';

let root = '';
let page = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'stratoscope-page-'));
  page = join(root, 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(root, 'secret.js'), 'secret');
  await writeFile(join(page, 'index.html'), '<!doctype html>');
  await writeFile(join(page, 'assets', 'index-B_c-1.js'), 'page');
  await writeFile(join(page, '.hidden.js'), 'hidden');
  await writeFile(join(page, 'notes.txt'), 'notes');
  await symlink(root, join(page, 'up'));
});
afterAll(() => rm(root, { recursive: true }));

test('the page and its files are there, with their types', async () => {
  expect(await pageFile(page, '/')).toEqual({ type: 'text/html; charset=utf-8', body: Buffer.from('<!doctype html>') });
  expect(await pageFile(page, '/assets/index-B_c-1.js')).toMatchObject({ type: 'text/javascript; charset=utf-8' });
});

test.each(['/../secret.js', '/..%2fsecret.js', '/assets/../../secret.js', '//secret.js', '/.hidden.js', '/notes.txt'])(
  'nothing is answered at %s',
  async (path) => {
    expect(await pageFile(page, path)).toBeNull();
  },
);

test.each(['/assets', '/assets/', '/none.js', '', '/assets/index-B_c-1.js\0.html'])('nor at %j', async (path) => {
  expect(await pageFile(page, path)).toBeNull();
});

test('the policy allows nothing inline and nothing from elsewhere', () => {
  const policy = PAGE_HEADERS['Content-Security-Policy'] ?? '';
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/unsafe|data:|blob:|\*|https?:/);
});
