import type { DemoForm } from '../../../shared/demo/manifest.ts';
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { buildDemo } from '../index.ts';

/** Builds a demo, says so in one line of JSON, and holds it until its input ends. For tests that end this process. */
const [dir = '', form = ''] = process.argv.slice(2);
try {
  const { close, ended, ...demo } = await buildDemo(dir, form === '' ? {} : { form: form as DemoForm });
  process.stdout.write(`${JSON.stringify({ demo })}\n`);
  await Promise.race([new Promise((resolve) => process.stdin.resume().once('end', resolve)), ended]);
  await close();
} catch (error) {
  if (!(error instanceof FailureError)) throw error;
  process.stdout.write(`${JSON.stringify({ failure: error.failure })}\n`);
}
