import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asBytes, type Bytes, joinBytes } from '../../shared/bytes/bytes.ts';
import { buildCase } from './build.ts';
import { filesystemNames, layersOf } from './case.ts';
import type { Filesystems } from './filesystems.ts';
import { getXattr, listDirectory, listXattrs, readFile, statPath } from './libc.ts';
import { caseOf } from './run.ts';
import { buildLines, shellWord } from './script.ts';

let scratch = '';
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'stratoscope-script-'));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Everything below a directory as text: type, size, marks and content, not the numbers of inodes. */
function textOfTree(directory: Bytes, path = ''): string[] {
  const file = path === '' ? directory : joinBytes(directory, asBytes(path));
  const stat = statPath(file);
  if (typeof stat === 'string') return [`${path}: ${stat}`];
  const marks = listXattrs(file)
    .sort()
    // Handles hold inode numbers.
    .map((name) => (name.endsWith('.origin') ? name : `${name}=${JSON.stringify(getXattr(file, name))}`));
  const isFile = (stat.mode & 0o170000) === 0o100000;
  const line = `${path} ${stat.mode.toString(8)} ${stat.nlink} ${JSON.stringify(isFile ? readFile(file) : '')} ${marks}`;
  const listing = (stat.mode & 0o170000) === 0o040000 ? listDirectory(file) : [];
  if (typeof listing === 'string') return [line, listing];
  return [line, ...listing.flatMap(({ name }) => textOfTree(directory, path === '' ? name : `${path}/${name}`)).sort()];
}

test('the script of a case builds what the test built', () => {
  const here = asBytes(join(scratch, 'here'));
  mkdirSync(here);
  const filesystems = Object.fromEntries(
    filesystemNames.map((name) => [name, { root: here, uuid: asBytes('\0'.repeat(16)) }]),
  ) as Filesystems;
  for (let number = 0; number < 12; number++) {
    const c = caseOf(11, number);
    const built = buildCase(c, filesystems, `case${number}`);
    const there = join(scratch, `there${number}`);
    mkdirSync(there);
    execFileSync('bash', ['-eu'], {
      cwd: there,
      input: Buffer.from(buildLines(c).join('\n')),
      env: { ...process.env, REPOSITORY: join(import.meta.dirname, '../..'), LC_ALL: 'C' },
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    for (const layer of layersOf(c)) {
      expect(textOfTree(joinBytes(asBytes(there), asBytes(layer.id)))).toEqual(
        textOfTree(built.roots.get(layer.id) as Bytes),
      );
    }
  }
});

test('a shell word is the bytes themselves', () => {
  const all = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)).join('');
  const out = execFileSync('bash', ['-c', `printf %s ${shellWord(all)}`], { env: { ...process.env, LC_ALL: 'C' } });
  expect(out.toString('latin1')).toBe(all);
  expect(shellWord('')).toBe("$''");
});
