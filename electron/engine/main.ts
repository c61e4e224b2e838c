/** The engine as a process: speaks the engine's contract on its standard input and output, and ends with them. */
import { stdioTransport } from '../pipe/streams.ts';
import { createEngine } from './index.ts';

const transport = stdioTransport();
const engine = createEngine(transport);
let ending = false;
const end = (): void => {
  if (ending) return;
  ending = true;
  void engine.close().finally(() => process.exit(0));
};
transport.onClose(end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
