/**
 * Builds dist/: the programs (ES modules for the pinned Node), the shell (CommonJS for Electron), the page.
 *
 *   dist/stratoscope.js    the terminal program; hands over to the pinned Node if another one started it
 *   dist/engine.js         the engine, a child process of the window, of `serve` and of the terminal program
 *   dist/probe.js          the probe, a child process of the engine
 *   dist/NAME.worker.js    each electron/…/NAME.worker.ts, a worker thread or a child of one of these
 *   dist/main.cjs, dist/preload.cjs   the window
 *   dist/page/             what the window and `serve` show
 */
import { chmod, glob, readdir, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { build, type InlineConfig, type Rolldown } from 'vite';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** Native modules, loaded from node_modules; and optional parts of ws that are not installed. */
const EXTERNAL = ['koffi', 'better-sqlite3', 'electron', 'bufferutil', 'utf-8-validate'];

function program(input: Record<string, string>, format: 'es' | 'cjs', target: string): InlineConfig {
  const extension = format === 'es' ? 'js' : 'cjs';
  return {
    root,
    configFile: false,
    publicDir: false,
    logLevel: 'warn',
    ssr: { noExternal: true, external: EXTERNAL },
    build: {
      ssr: true,
      target,
      outDir: dist,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: {
        input,
        external: EXTERNAL,
        output: {
          format,
          entryFileNames: `[name].${extension}`,
          chunkFileNames: `chunk-[name].${extension}`,
          banner: (chunk) => (chunk.name === 'stratoscope' ? '#!/usr/bin/env node' : ''),
        },
      },
    },
  };
}

/** Builds and returns the files written, relative to dist/. */
async function run(config: InlineConfig, folder = ''): Promise<string[]> {
  const result = (await build(config)) as Rolldown.RolldownOutput | Rolldown.RolldownOutput[];
  return [result].flat().flatMap((one) => one.output.map((file) => join(folder, file.fileName)));
}

const started = performance.now();

const programs: Record<string, string> = {
  stratoscope: 'electron/cli/launch.ts',
  engine: 'electron/engine/main.ts',
  probe: 'electron/probe/main.ts',
};
for await (const worker of glob('electron/**/*.worker.ts', { cwd: root })) {
  programs[basename(worker, '.ts')] = worker;
}

const jobs: Promise<string[]>[] = [
  run(program(programs, 'es', 'node24')),
  run(program({ main: 'electron/main/main.ts' }, 'cjs', 'node16')),
  run(program({ preload: 'electron/preload/preload.ts' }, 'cjs', 'node16')),
  run({ root: join(root, 'renderer'), configFile: join(root, 'vite.config.ts'), logLevel: 'warn' }, 'page'),
];
const written = new Set((await Promise.all(jobs)).flat());

// What an earlier build left, a renamed worker for one, must not be started by mistake.
for (const file of await readdir(dist, { recursive: true, withFileTypes: true })) {
  const path = join(file.parentPath, file.name);
  if (file.isFile() && !written.has(relative(dist, path))) await rm(path);
}
await chmod(join(dist, 'stratoscope.js'), 0o755);

console.log(`build: ${written.size} files in ${((performance.now() - started) / 1000).toFixed(1)} s`);
