/** Asks for privilege as "Read with privilege" does, and prints in one JSON line what came of it. */
import { FailureError } from '../../../shared/ipc/rpc.ts';
import { ProbeHolder } from '../machine.ts';
import { privilegePrefix } from '../privilege.ts';

const probe = new ProbeHolder(() => {});
try {
  const { prefix, readAs } = await privilegePrefix();
  await probe.restart(prefix, readAs);
  const { privilege } = await probe.machine();
  console.log(JSON.stringify({ readAs: probe.readAs, privilege }));
} catch (error) {
  if (!(error instanceof FailureError)) throw error;
  console.log(JSON.stringify({ message: error.message, hint: error.failure.hint }));
} finally {
  await probe.close();
}
