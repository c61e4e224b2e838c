import { create } from 'zustand';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { type Failure, failureOf } from '../../shared/ipc/rpc.ts';
import { closeStack, openStack, refreshSources } from '../actions/stacks.ts';
import { useSession } from '../state/session.ts';

/** The demo that the engine holds; null: none. */
export type Demo = { held: { stack: StackRef; form: string } | null; busy: boolean };

export const useDemo = create<Demo>(() => ({ held: null, busy: false }));

const GONE: Failure = { code: 'closed', message: 'The engine has ended.', hint: 'Start it again first.' };

/** Builds the demo below a folder (null: one of the engine's choice) or finds it there, and opens it. */
export async function startDemo(directory: Bytes | null): Promise<Failure | null> {
  const { client } = useSession.getState();
  if (!client) return GONE;
  useDemo.setState({ busy: true });
  try {
    const held = await client.call('demo', { directory });
    useDemo.setState({ held });
    void refreshSources();
    await openStack(held.stack);
    return null;
  } catch (error) {
    return failureOf(error);
  } finally {
    useDemo.setState({ busy: false });
  }
}

/** Closes the demo if it is what is shown, and has it removed. */
export async function endDemo(): Promise<Failure | null> {
  const { client, stack } = useSession.getState();
  const { held } = useDemo.getState();
  if (!client) return GONE;
  useDemo.setState({ busy: true });
  try {
    if (held && stack && JSON.stringify(stack.ref) === JSON.stringify(held.stack)) closeStack();
    await client.call('demoEnd', {});
    useDemo.setState({ held: null });
    void refreshSources();
    return null;
  } catch (error) {
    return failureOf(error);
  } finally {
    useDemo.setState({ busy: false });
  }
}

/** What a form of the demo is, in a sentence. */
export function formWord(form: string): string {
  const words: Record<string, string> = {
    root: 'An overlay mount with every option, in a mount namespace of its own.',
    userns: 'An overlay mount in a user namespace, with userxattr: no privilege was needed.',
    directories: 'Plain directories, for this system refuses mounts to this user: shown as they would be mounted.',
  };
  return words[form] ?? form;
}
