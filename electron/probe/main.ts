/**
 * The probe as a program: `probe --stdio` answers calls on standard input and output, and ends when its input does. It
 * reads the machine; it takes nothing to write, and gives up the right to before it reads a byte of a request.
 */
import { stdioTransport } from '../pipe/streams.ts';
import { releaseAll } from './layers/sessions.ts';
import { giveUpPrivilege } from './privilege/drop.ts';
import { serve } from './server.ts';
import { exitNow, Prctl, prctl } from './syscalls/credentials.ts';
import { isApart } from './walk/apart.ts';
import { warmUp } from './walk/threads.ts';

const SIGKILL = 9;

function main(): void {
  if (!process.argv.includes('--stdio')) {
    process.stderr.write('stratoscope: probe: it answers another program, not a person. Use probe --stdio.\n');
    process.exitCode = 2;
    return;
  }
  giveUpPrivilege();
  // Its main thread may be what hangs: then nothing but its parent's end can end it.
  if (isApart) prctl(Prctl.setPdeathsig, SIGKILL);
  const transport = stdioTransport();
  serve(transport);
  warmUp();
  transport.onClose(() => {
    releaseAll();
    exitNow(0);
  });
}

main();
