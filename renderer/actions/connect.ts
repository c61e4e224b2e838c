import { z } from 'zod';
import { engineContract } from '../../shared/ipc/engine.ts';
import { BytesText, StackRef } from '../../shared/ipc/probe.ts';
import { createClient, failureOf, type Transport } from '../../shared/ipc/rpc.ts';
import { useExpanded } from '../state/expanded.ts';
import { useSelection } from '../state/selection.ts';
import { addNotice, useSession } from '../state/session.ts';
import { openLink, readStart } from '../transport/index.ts';
import type { Link } from '../transport/link.ts';
import { loadSettings, store } from './settings.ts';
import { asItStands, openStack, refreshSources, takeViewState } from './stacks.ts';

let link: Link | null = null;

/** Asks the pump to start the engine again. */
export const restartEngine = (): void => {
  useSession.setState({ link: 'connecting' });
  link?.restart();
};

/** Connects the page to its engine, and again to each one that is started after it. */
export function connect(): void {
  const start = readStart();
  const asked = StackRef.safeParse(start.stack);
  let first: StackRef | null = asked.success ? asked.data : null;
  link = openLink(start, {
    running: (transport) => {
      const ref = first;
      first = null;
      begin(transport, ref).catch((error) => {
        const failure = failureOf(error);
        if (failure.code !== 'closed') addNotice(failure.message, 'error');
      });
    },
    ended: (why) =>
      useSession.setState({ link: 'ended', endedWhy: why, opening: null, openingFrom: null, raising: false }),
  });
  remember();
}

async function begin(transport: Transport, asked: StackRef | null): Promise<void> {
  const client = createClient(engineContract, transport, (what, error) =>
    addNotice(`${what}: ${failureOf(error).message}`, 'error'),
  );
  client.on('view', takeViewState);
  client.on('notice', ({ text, severity }) => addNotice(text, severity));
  client.on('probe', ({ message }) => {
    if (message) addNotice(message, 'warning');
    void client.call('hello', {}).then((hello) => useSession.setState({ hello }));
  });

  const open = useSession.getState().stack;
  const [hello, stored] = await Promise.all([client.call('hello', {}), loadSettings(client)]);
  useSession.setState({ client, hello, link: 'up', endedWhy: null });
  void refreshSources();

  // The engine that died had this open; else what was asked for; else what was open the last time.
  if (open) return openStack(open.ref, { ...asItStands(), keep: true });
  if (asked) return openStack(asked);
  const last = LastSession.safeParse(stored.session);
  if (last.success && last.data.ref) return openStack(last.data.ref, { ...last.data, keep: false }, last.data.from);
}

/** What is stored to stand at the next start where this one ended. */
const LastSession = z.object({
  ref: StackRef.nullable(),
  from: z.string().nullable().default(null),
  turns: z.array(z.object({ path: BytesText, open: z.boolean(), deep: z.boolean() })),
  selected: BytesText.nullable(),
});

const QUIET_MS = 500;

/** Stores what is open, opened up and selected, once it has been quiet for a moment, and when the page goes. */
function remember(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = '';
  const now = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const { stack, opening, openFrom, link: state } = useSession.getState();
    if (opening || state !== 'up') return;
    const session = { ref: stack?.ref ?? null, from: openFrom, ...asItStands() };
    const text = JSON.stringify(session);
    if (text === last) return;
    last = text;
    store('session', session);
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(now, QUIET_MS);
  };
  window.addEventListener('pagehide', () => {
    if (timer !== undefined) now();
  });
  useSession.subscribe((state, before) => {
    if (state.stack !== before.stack || state.openFrom !== before.openFrom) later();
  });
  useExpanded.subscribe(later);
  useSelection.subscribe((state, before) => {
    if (state.path !== before.path) later();
  });
}
