/** Lays out, in out/staged/, what a package carries beside Electron and the app. */
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Native modules that engine and probe load; each brings its dependencies. */
const NATIVE = ['koffi', 'better-sqlite3'];

/** Of the native modules, what only builds them. */
const SOURCES = /\/node_modules\/(koffi\/(src|vendor|doc)|better-sqlite3\/(deps|src))(\/|$)/;

export async function stage(root: string): Promise<void> {
  const staged = join(root, 'out', 'staged');
  await rm(staged, { recursive: true, force: true });
  await mkdir(staged, { recursive: true });
  await cp(join(root, 'node_modules', 'node', 'bin', 'node'), join(staged, 'node'));
  const parts: readonly (readonly [from: string, to: string, mode: number])[] = [
    ['scripts/package/stratoscope', 'bin/stratoscope', 0o755],
    ['scripts/package/stratoscope-probe', 'stratoscope-probe', 0o755],
    ['scripts/package/org.stratoscope.probe.policy', 'share/org.stratoscope.probe.policy', 0o644],
    ['docs/stratoscope.1', 'share/stratoscope.1', 0o644],
  ];
  for (const [from, to, mode] of parts) {
    await cp(join(root, from), join(staged, to));
    await chmod(join(staged, to), mode);
  }

  const engine = join(staged, 'engine');
  await mkdir(join(engine, 'dist'), { recursive: true });
  await writeFile(join(engine, 'package.json'), `${JSON.stringify({ type: 'module' })}\n`);
  for (const name of await readdir(join(root, 'dist'))) {
    if (name.endsWith('.js')) await cp(join(root, 'dist', name), join(engine, 'dist', name));
  }
  // `serve` shows the page too, and cannot look into app.asar.
  await cp(join(root, 'dist', 'page'), join(engine, 'dist', 'page'), { recursive: true });
  for (const name of await closure(root, NATIVE)) {
    await cp(join(root, 'node_modules', name), join(engine, 'node_modules', name), {
      recursive: true,
      filter: (path) => !SOURCES.test(path),
    });
  }
}

/** These packages and all that they depend on, as installed here; what is optional and not there is left out. */
async function closure(root: string, names: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  const visit = async (name: string, isOptional: boolean): Promise<void> => {
    if (found.has(name)) return;
    const file = join(root, 'node_modules', name, 'package.json');
    let about: { dependencies?: Record<string, string>; optionalDependencies?: Record<string, string> };
    try {
      about = JSON.parse(await readFile(file, 'utf8')) as typeof about;
    } catch (error) {
      if (isOptional) return;
      throw error;
    }
    found.add(name);
    const optional = about.optionalDependencies ?? {};
    for (const one of Object.keys(about.dependencies ?? {})) await visit(one, one in optional);
    for (const one of Object.keys(optional)) await visit(one, true);
  };
  for (const name of names) await visit(name, false);
  return found;
}
