import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { allImports, breaches, circles, importsOf, ROOMS, sources } from './rooms.ts';

const root = join(import.meta.dirname, '..');

describe('the house', () => {
  const imports = allImports(root);

  test('is read whole', () => {
    expect(sources(root).length).toBeGreaterThan(50);
    expect(new Set(imports.map((one) => one.file.split('/')[0]))).toEqual(new Set(['shared', 'electron', 'renderer']));
  });

  test('no room imports what it may not', () => {
    expect(breaches(imports).map(({ file, line, what }) => `${file}:${line} ${what}`)).toEqual([]);
  });

  test('there is no circle', () => {
    expect(circles(imports)).toEqual([]);
  });
});

/** What the rule says to a source of one line. */
const said = (file: string, text: string): string[] => breaches(importsOf(file, text)).map(({ what }) => what);

describe('the rule is broken by', () => {
  test.each([
    ['shared/a.ts', `import { readFile } from 'node:fs';`],
    ['shared/a.ts', `import fs from 'fs';`],
    ['shared/a.ts', `import type { Walk } from '../electron/probe/walk.ts';`],
    ['shared/a.ts', `export { row } from '../renderer/row.ts';`],
    ['shared/a.ts', `export * from '../renderer/row.ts';`],
    ['shared/a.ts', `import 'react';`],
    ['electron/probe/a.ts', `import Database from 'better-sqlite3';`],
    ['electron/probe/a.ts', `import { app } from 'electron';`],
    ['electron/probe/a.ts', `const engine = await import('../engine/main.ts');`],
    ['electron/engine/a.ts', `import { walk } from '../probe/walk/walk.ts';`],
    ['electron/engine/a.ts', `import { list } from '../cli/list.ts';`],
    ['electron/engine/a.ts', `import koffi from 'koffi';`],
    ['electron/main/a.ts', `import { merge } from '../engine/merge.ts';`],
    ['electron/main/a.ts', `import { serve } from '../cli/serve.ts';`],
    ['electron/preload/a.ts', `import { readFile } from 'node:fs';`],
    ['electron/cli/a.ts', `import { walk } from '../probe/walk/walk.ts';`],
    ['electron/cli/a.ts', `import { demo } from '../demo/index.ts';`],
    ['electron/cli/a.ts', `import { scan } from './commands/scan.ts';`],
    ['electron/demo/a.ts', `import { merge } from '../engine/merge.ts';`],
    ['electron/probe/a.ts', `import { Union } from '../union/union.ts';`],
    ['electron/engine/a.ts', `const { Union } = await import('../union/union.ts');`],
    ['electron/main/a.ts', `import type { Union } from '../union/union.ts';`],
    ['electron/demo/a.ts', `import { Union } from '../union/union.ts';`],
    ['electron/cli/a.ts', `import { Union } from '../union/union.ts';`],
    ['electron/union/a.ts', `import { walk } from '../probe/walk/walk.ts';`],
    ['electron/union/a.ts', `import { scan } from '../engine/scan.ts';`],
    ['renderer/a.ts', `import type { Union } from '../electron/union/union.ts';`],
    ['electron/pipe/a.ts', `import { merge } from '../engine/merge.ts';`],
    ['electron/attic/a.ts', `import { row } from '../../shared/row.ts';`],
    ['renderer/a.tsx', `import { Pump } from '../electron/pipe/pump.ts';`],
    ['renderer/a.tsx', `import { readFile } from 'node:fs';`],
    ['renderer/a.tsx', `import { ipcRenderer } from 'electron';`],
    ['renderer/a.tsx', `const other = await import(name);`],
    ['renderer/a.ts', `import { row } from './a.test.ts';`],
    ['renderer/a.test.ts', `import { Pump } from '../electron/pipe/pump.ts';`],
  ])('%s: %s', (file, text) => {
    expect(said(file, text)).toHaveLength(1);
  });

  test('a circle, of one file or of many', () => {
    const files = {
      'shared/a.ts': `import { b } from './b.ts';`,
      'shared/b.ts': `export * from './deep/c.ts';`,
      'shared/deep/c.ts': `const a = await import('../a.ts');`,
      'shared/d.ts': `import { a } from './a.ts'; import { self } from './d.ts';`,
    };
    expect(circles(Object.entries(files).flatMap(([file, text]) => importsOf(file, text)))).toEqual([
      ['shared/a.ts', 'shared/b.ts', 'shared/deep/c.ts'],
      ['shared/d.ts'],
    ]);
  });
});

describe('the rule allows', () => {
  test.each([
    ['shared/a.ts', `import { z } from 'zod'; import { b } from './b.ts';`],
    ['electron/engine/a.ts', `import { startProbe } from '../probe/client.ts';`],
    ['electron/engine/a.ts', `import type { Probe } from '../probe/client/types.ts';`],
    ['electron/main/a.ts', `import { Pump } from '../pipe/pump.ts'; import { app } from 'electron';`],
    ['electron/cli/a.ts', `const { demo } = await import('../demo/index.ts');`],
    ['electron/cli/commands/demo.ts', `import { build } from '../../demo/index.ts';`],
    ['electron/cli/commands/scheme.ts', `const { startUnion } = await import('../../union/start.ts');`],
    ['electron/union/a.ts', `import { statx } from '../probe/syscalls/statx.ts';`],
    ['renderer/a.tsx', `import { useState } from 'react'; import type { Row } from '../shared/ipc/engine.ts';`],
    ['renderer/a.test.ts', `import { expect } from 'vitest'; import { readFile } from 'node:fs';`],
  ])('%s: %s', (file, text) => {
    expect(said(file, text)).toEqual([]);
  });

  test("two files to know each other's types", () => {
    const files = { 'shared/a.ts': `import { b } from './b.ts';`, 'shared/b.ts': `import type { A } from './a.ts';` };
    expect(circles(Object.entries(files).flatMap(([file, text]) => importsOf(file, text)))).toEqual([]);
  });

  test('nothing from a room that it names itself', () => {
    for (const [name, { rooms }] of Object.entries(ROOMS)) expect(rooms).not.toContain(name);
  });
});
