import { pathToFileURL } from 'node:url';
import { probeCommand } from '../../probe/client.ts';
import { usage } from '../failures.ts';

/** `probe --stdio`: this process becomes the probe, and ends as one. */
export async function probe(options: { stdio?: boolean }): Promise<void> {
  if (!options.stdio) throw usage('it answers another program, not a person', 'use probe --stdio');
  const [node, program, ...words] = probeCommand() as [string, string, ...string[]];
  // A probe that gives up privilege starts itself again, from these.
  process.argv = [node, program, ...words];
  await import(/* @vite-ignore */ pathToFileURL(program).href);
}
