import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { distFolder } from '../dist.ts';
import { Exit } from '../failures.ts';
import type { Session } from '../session.ts';
import { optionalStack, type StackOptions } from '../stack.ts';

/** `open [STACK]`: the window, or the app in a browser; ends when that is closed. */
export async function open(
  { progress, signal }: Session,
  mount: Bytes | undefined,
  options: StackOptions & { asRoot?: boolean },
): Promise<number> {
  const stack = optionalStack(mount, options);
  const { openApp } = await import('../open/open.ts');
  await openApp({
    dist: distFolder(),
    ...(stack === null ? {} : { stack }),
    asRoot: options.asRoot === true,
    env: process.env,
    say: (line) => progress.say(line),
    progress: (text) => progress.show(text),
    signal,
  });
  return Exit.done;
}
