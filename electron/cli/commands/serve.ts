import type { Bytes } from '../../../shared/bytes/bytes.ts';
import { textForEyes } from '../../../shared/bytes/show.ts';
import type { ServeLine } from '../../../shared/contract/programs.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { distFolder } from '../dist.ts';
import { Exit, usage } from '../failures.ts';
import type { Serving } from '../serve.ts';
import type { Session } from '../session.ts';
import { optionalStack, type StackOptions } from '../stack.ts';

/** `serve [--port N] [STACK]`: the app in a browser, until interrupted. */
export async function serveApp(
  session: Session,
  mount: Bytes | undefined,
  options: StackOptions & { port?: Bytes },
): Promise<number> {
  const { format, output, rows, progress, signal } = session;
  const stack = optionalStack(mount, options);
  const port = portOf(options.port);
  const { serve } = await import('../serve.ts');
  let serving: Serving;
  try {
    serving = await serve({
      dist: distFolder(),
      port,
      ...(stack === null ? {} : { stack }),
      onNotice: (text) => progress.say(text.trimEnd()),
    });
  } catch (error) {
    throw portFailure(error, port);
  }
  session.defer(() => serving.close());
  const line: ServeLine = { url: serving.url };
  if (format === 'table') output.write(`${line.url}\n`);
  else {
    rows.meta({});
    rows.row(line);
    rows.end();
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return Exit.done;
}

function portOf(text: Bytes | undefined): number {
  if (text === undefined) return 0;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535)
    throw usage(`--port ${textForEyes(text)} is no port`, 'name one from 1 to 65535');
  return Number(text);
}

function portFailure(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const why = { EADDRINUSE: 'another program has it', EACCES: 'it takes privilege' }[code ?? ''];
  if (why === undefined) return error;
  return new FailureError({
    code: 'port',
    message: why,
    path: `port ${port}`,
    hint: 'name another port, or leave --port out',
  });
}
