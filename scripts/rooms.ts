/**
 * Who may import whom. Every source is parsed (by the parser that builds it) and each import, static or dynamic, of a
 * value or of a type, is held against the table below; then circles are looked for among files.
 */
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { parseSync } from 'vite';

type Room = {
  /** Rooms that may be imported; a path inside a room lets in that file or folder alone. */
  rooms: readonly string[];
  /**
   * What is loaded only when it is needed (`await import`), in this room or another. Such places may import each other
   * as they like, for neither is there before it is needed.
   */
  lazily?: readonly string[];
  /** npm packages, by name; a scope stands for all in it. */
  packages: readonly string[];
  /** Whether Node's own modules may be used. */
  node: boolean;
};

export const ROOMS: Readonly<Record<string, Room>> = {
  shared: { rooms: [], packages: ['zod'], node: false },
  'electron/pipe': { rooms: ['shared'], packages: [], node: true },
  'electron/probe': { rooms: ['shared', 'electron/pipe', 'package.json'], packages: ['koffi', 'zod'], node: true },
  'electron/engine': {
    rooms: ['shared', 'electron/pipe', 'electron/probe/client', 'package.json'],
    packages: ['better-sqlite3', 'zod'],
    node: true,
  },
  'electron/main': { rooms: ['shared', 'electron/pipe', 'electron/engine/client'], packages: ['electron'], node: true },
  // The sandbox gives a preload no module of Node's.
  'electron/preload': { rooms: ['shared'], packages: ['electron'], node: false },
  'electron/cli': {
    rooms: [
      'shared',
      'electron/pipe',
      'electron/engine',
      'electron/probe/client',
      'electron/demo',
      'electron/union',
      'package.json',
    ],
    lazily: ['electron/cli/commands', 'electron/demo', 'electron/union'],
    packages: ['commander', 'ws', 'zod'],
    node: true,
  },
  // It writes into layers: nothing that inspects may import it. It reads them by the probe's bindings.
  'electron/union': {
    rooms: ['shared', 'electron/probe/syscalls', 'electron/engine/map', 'electron/engine/sqlite-file'],
    packages: ['better-sqlite3'],
    node: true,
  },
  'electron/demo': { rooms: ['shared'], packages: [], node: true },
  renderer: {
    rooms: ['shared'],
    packages: [
      '@fontsource-variable',
      '@tanstack/react-virtual',
      'cmdk',
      'd3-hierarchy',
      'lucide-react',
      'radix-ui',
      'react',
      'react-dom',
      'react-resizable-panels',
      'uplot',
      'zod',
      'zustand',
    ],
    node: false,
  },
};

/** Where a name is computed: `probe --stdio` becomes the probe, whose program lies elsewhere once it is built. */
const COMPUTED = ['electron/cli/commands/probe.ts'];

/** What tests may use beside what their room may: packages, Node, and helpers of their own. */
const isTest = (file: string): boolean => /\.test\.tsx?$|\/testing\//.test(file);

export type Import = {
  file: string;
  line: number;
  specifier: string;
  lazy: boolean;
  /** `import type`: nothing is left of it when the program runs. */
  typeOnly: boolean;
};
export type Breach = { file: string; line: number; what: string };

/** Every source of the house, relative to its root. */
export const sources = (root: string): string[] =>
  globSync(['shared/**/*.{ts,tsx}', 'electron/**/*.{ts,tsx}', 'renderer/**/*.{ts,tsx}'], { cwd: root }).sort();

/** The imports of a source. A dynamic one whose name is not written out has the specifier `(computed)`. */
export function importsOf(file: string, text: string): Import[] {
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const lineOf = (at: number): number => text.slice(0, at).split('\n').length;
  const found: Import[] = [];
  const add = (at: number, specifier: string, lazy: boolean): void => {
    const typeOnly = /^(import|export)\s+type\b/.test(text.slice(at, at + 40));
    found.push({ file, line: lineOf(at), specifier, lazy, typeOnly });
  };
  for (const one of module.staticImports) add(one.start, one.moduleRequest.value, false);
  for (const group of module.staticExports) {
    for (const one of group.entries) if (one.moduleRequest) add(group.start, one.moduleRequest.value, false);
  }
  for (const one of module.dynamicImports) {
    const written = text.slice(one.moduleRequest.start, one.moduleRequest.end);
    const literal = written.match(/^(['"`])([^'"`$\\]*)\1$/)?.[2];
    add(one.start, literal ?? '(computed)', true);
  }
  return found;
}

const roomOf = (path: string): string | undefined =>
  Object.keys(ROOMS).find((room) => path.startsWith(`${room}/`)) ?? (/^electron\/[^/]+/.exec(path)?.[0] || undefined);

/** The file or folder that a relative import names, from the root of the house. */
const targetOf = (one: Import): string => join(dirname(one.file), one.specifier);

const isIn = (path: string, place: string): boolean =>
  path === place || path.startsWith(`${place}/`) || path.startsWith(`${place}.`);

/** What is wrong with an import; null if nothing is. */
function breachOf(one: Import): string | null {
  const name = roomOf(one.file);
  const room = name === undefined ? undefined : ROOMS[name];
  if (name === undefined || room === undefined) return 'stands in no room of the table (scripts/rooms.ts)';
  const test = isTest(one.file);
  if (one.specifier.startsWith('.')) {
    const target = targetOf(one);
    if (isTest(target) && !test) return `imports the test ${target}`;
    const lazy = room.lazily?.find((place) => isIn(target, place) && !room.lazily?.some((own) => isIn(one.file, own)));
    if (lazy !== undefined && !one.lazy && !one.typeOnly && !test) return `${lazy} is imported lazily only`;
    return [name, ...room.rooms].some((place) => isIn(target, place)) ? null : `${name} may not import ${target}`;
  }
  if (one.specifier === '(computed)') return COMPUTED.includes(one.file) ? null : 'imports what is not written out';
  if (test) return null;
  const isNode = one.specifier.startsWith('node:') || builtinModules.includes(one.specifier);
  if (isNode) return room.node ? null : `${name} may not use ${one.specifier}`;
  const allowed = room.packages.some((name) => one.specifier === name || one.specifier.startsWith(`${name}/`));
  return allowed ? null : `${name} may not use the package ${one.specifier}`;
}

/** Every import that the table forbids. */
export function breaches(imports: readonly Import[]): Breach[] {
  return imports.flatMap((one) => {
    const what = breachOf(one);
    return what === null ? [] : [{ file: one.file, line: one.line, what }];
  });
}

/**
 * Circles among files, each as the files on it (Tarjan's strongly connected components). Only what is left at run time
 * counts: two files may know each other's types.
 */
export function circles(imports: readonly Import[]): string[][] {
  const edges = new Map<string, string[]>();
  for (const one of imports) {
    if (one.specifier.startsWith('.') && !one.typeOnly)
      edges.set(one.file, [...(edges.get(one.file) ?? []), targetOf(one)]);
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    const mine = order.size;
    order.set(file, mine);
    lowest.set(file, mine);
    open.push(file);
    for (const next of edges.get(file) ?? []) {
      if (next === file) found.push([file]);
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? mine, lowest.get(next) ?? mine));
    }
    if (lowest.get(file) !== mine) return;
    const circle = open.splice(open.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of edges.keys()) if (!order.has(file)) visit(file);
  return found;
}

/** Imports of every source below `root`. */
export const allImports = (root: string): Import[] =>
  sources(root).flatMap((file) => importsOf(relative('.', file), readFileSync(join(root, file), 'utf8')));
