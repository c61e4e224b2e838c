import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where the shell's companions are: in a checkout beside it, in a package among Electron's resources. */
export type Places = {
  /** The pinned Node that runs the engine. */
  node: string;
  engine: string;
  preload: string;
  /** The folder of the page. */
  page: string;
};

/** `here` is the folder of the running main script (dist/ of the checkout, or of the package's app.asar). */
export function placesOf(here: string, resources: string): Places {
  const own = { preload: join(here, 'preload.cjs'), page: join(here, 'page') };
  const pinned = join(here, '..', 'node_modules', '.bin', 'node');
  if (existsSync(pinned)) return { ...own, node: pinned, engine: join(here, 'engine.js') };
  return { ...own, node: join(resources, 'node'), engine: join(resources, 'engine', 'dist', 'engine.js') };
}
