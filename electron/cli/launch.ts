/**
 * What `dist/stratoscope.js` is: it makes sure that the program runs on the Node it is built for. Started by an older
 * one (a shell that finds the system's Node first), it hands over to the pinned Node beside it. It imports nothing
 * else before that, since an older Node could fail on the rest.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;

function handOver(): void {
  const node = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(node)) {
    process.stderr.write(
      `stratoscope: cannot start: Node ${process.versions.node}: Node ${NEEDED} or later is needed. Run npm ci.\n`,
    );
    process.exitCode = 2;
    return;
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 2);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

if (Number.parseInt(process.versions.node, 10) >= NEEDED) await import('./index.ts');
else handOver();
