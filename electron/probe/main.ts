/**
 * The probe as a program: `probe --stdio` answers calls on standard input and output, and ends when its input does. It
 * reads the machine; it takes nothing to write, and gives up the right to before it reads a byte of a request.
 */
import { giveUpPrivilege } from './privilege/drop.ts';
import { isApart } from './programs.ts';
import { exitNow, Prctl, prctl } from './syscalls/credentials.ts';

const SIGKILL = 9;

async function main(): Promise<void> {
  if (!process.argv.includes('--stdio')) {
    process.stderr.write('stratoscope: probe: it answers another program, not a person. Use probe --stdio.\n');
    process.exitCode = 2;
    return;
  }
  giveUpPrivilege();
  // Its main thread may be what hangs: then nothing but its parent's end can end it.
  if (isApart) prctl(Prctl.setPdeathsig, SIGKILL);
  // Loaded only now: a privileged start has begun anew by here, and would have loaded it twice.
  const [{ stdioTransport }, { serve }, { releaseAll }, { warmUp }] = await Promise.all([
    import('../pipe/streams.ts'),
    import('./server.ts'),
    import('./layers/sessions.ts'),
    import('./walk/threads.ts'),
  ]);
  const transport = stdioTransport();
  serve(transport);
  warmUp();
  transport.onClose(() => {
    releaseAll();
    exitNow(0);
  });
}

void main();
