import { type EngineContract, engineContract } from '../../shared/ipc/engine.ts';
import { type Client, createClient, transportPair } from '../../shared/ipc/rpc.ts';
import type { Session } from './session.ts';

/**
 * The engine, in this process: a terminal has nothing else to do meanwhile, and its answers need not cross a pipe. The
 * probe is a child all the same, and may be one with privilege. Ends with the session.
 */
export async function startEngine(session: Session): Promise<Client<EngineContract>> {
  const { createEngine } = await import('../engine/index.ts');
  const [mine, theirs] = transportPair();
  // What the reader of the output has not taken yet holds the engine back.
  const engine = createEngine({ ...theirs, drained: () => session.output.drained() }, {});
  session.defer(() => engine.close());
  return createClient(engineContract, mine);
}
