import { pathToFileURL } from 'node:url';
import { probeCommand } from '../../probe/client.ts';
import { usage } from '../failures.ts';

/** `probe --stdio`: this process becomes the probe. Never resolves by itself: the probe ends when its input does. */
export async function probe(options: { stdio?: boolean }): Promise<void> {
  if (!options.stdio) throw usage('it answers another program, not a person', 'use probe --stdio');
  const [, program] = probeCommand();
  await import(/* @vite-ignore */ pathToFileURL(program).href);
}
