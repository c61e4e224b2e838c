import { create } from 'zustand';
import type { ListObject, ScanMeta } from '../../shared/contract/scan.ts';
import type { EngineContract, Hello, LiveSource, SavedStack, ViewState } from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import type { Client, Failure } from '../../shared/ipc/rpc.ts';

export type EngineClient = Client<EngineContract>;

/** The stack that is open, as the engine answered. `view` is a number of this client's engine alone. */
export type OpenStack = {
  client: EngineClient;
  view: number;
  ref: StackRef;
  facts: ListObject;
  meta: ScanMeta['meta'];
};

export type Notice = { id: number; text: string; severity: 'info' | 'warning' | 'error' };

/** Which engine is there, what can be opened, and what is open. Holds no rows. */
export type Session = {
  link: 'connecting' | 'up' | 'ended';
  endedWhy: string | null;
  client: EngineClient | null;
  hello: Hello | null;
  notices: Notice[];
  sources: { state: 'reading' | 'ready' | 'failed'; live: LiveSource[]; namespaces: number; closed: number };
  saved: SavedStack[];
  recent: StackRef[];
  /** What is being opened, until the engine answered. */
  opening: StackRef | null;
  /** Lines of Sources (sourceKey) that what is open, and what is being opened, were chosen from; null: not from there. */
  openFrom: string | null;
  openingFrom: string | null;
  openFailure: { ref: StackRef; failure: Failure } | null;
  stack: OpenStack | null;
  viewState: ViewState | null;
  /** "Read with privilege" is under way. */
  raising: boolean;
};

export const useSession = create<Session>(() => ({
  link: 'connecting',
  endedWhy: null,
  client: null,
  hello: null,
  notices: [],
  sources: { state: 'reading', live: [], namespaces: 0, closed: 0 },
  saved: [],
  recent: [],
  opening: null,
  openFrom: null,
  openingFrom: null,
  openFailure: null,
  stack: null,
  viewState: null,
  raising: false,
}));

let lastNotice = 0;

/** Adds a notice that stays until it is dismissed. The same text is not said twice. */
export function addNotice(text: string, severity: Notice['severity']): void {
  const { notices } = useSession.getState();
  if (notices.some((one) => one.text === text)) return;
  useSession.setState({ notices: [...notices, { id: ++lastNotice, text, severity }].slice(-4) });
}

export const dropNotice = (id: number): void =>
  useSession.setState(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));
