import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };
import { type Bytes, bytesOfText } from '../../shared/bytes/bytes.ts';
import { textForEyes } from '../../shared/bytes/show.ts';
import {
  type EngineContract,
  engineContract,
  type Hello,
  type LayerProgress,
  type ObjectDetail,
} from '../../shared/ipc/engine.ts';
import type { StackRef } from '../../shared/ipc/probe.ts';
import { createServer, FailureError, failureOf, type Handlers, type Transport } from '../../shared/ipc/rpc.ts';
import { rulesVerifiedOn } from '../../shared/merge/options.ts';
import { DemoHolder } from './demo.ts';
import { detailOf } from './detail.ts';
import { exportRows } from './export.ts';
import { findName, jumpMatches } from './find.ts';
import { findingHandlers } from './findings/calls.ts';
import { History } from './history/history.ts';
import { liveHandlers } from './live/calls.ts';
import { ProbeHolder } from './machine.ts';
import { mapHandlers } from './map/calls.ts';
import { MapKeeper } from './map/keep.ts';
import { numberHandlers } from './number-calls.ts';
import { afterReading, findPath, layerErrors, summarize, writeScan } from './output.ts';
import { privilegePrefix } from './privilege.ts';
import { reportFacts } from './report.ts';
import { StackScan } from './scan.ts';
import { listObject, refOf, type Stack, scanMeta } from './stack.ts';
import { dataFolder, Store } from './store.ts';
import { verifyHandlers } from './verify/calls.ts';
import { TELL_EVERY_MS, View } from './views.ts';

/** Bound of the history's file in MiB, where no setting says another. */
const HISTORY_MEGABYTES = 200;

export type EngineOptions = {
  /** Folder of settings and saved stacks; the user's data folder where it is not given. */
  dataFolder?: string;
};

export type Engine = {
  /** Ends views, the demo and the probe. */
  close(): Promise<void>;
};

/** Serves the engine's contract over a transport. The probe starts when it is first needed. */
export function createEngine(transport: Transport, options: EngineOptions = {}): Engine {
  const views = new Map<number, View>();
  let nextView = 1;
  let store: Store | null = null;
  const theStore = (): Store => {
    if (!store) {
      store = new Store(options.dataFolder);
      if (store.notice !== null) server.emit('notice', { text: store.notice, severity: 'warning' });
    }
    return store;
  };
  /** Puts a stack among the recent ones. That it cannot be stored is no reason not to open it. */
  const noteOpened = (ref: StackRef): void => {
    try {
      theStore().opened(ref);
    } catch (error) {
      const { message } = failureOf(error);
      server.emit('notice', {
        text: `What was opened is not remembered: ${message}.`,
        severity: 'warning',
      });
    }
  };
  const demo = new DemoHolder();
  const probe = new ProbeHolder((message) => server.emit('probe', { state: 'down', readAs: probe.readAs, message }));

  const mapFolder = (): string => join(options.dataFolder ?? dataFolder(), 'maps');
  const mapKeeper = new MapKeeper({
    probe,
    folder: mapFolder,
    isOn: () => theStore().settings().map === true,
    onKept: (kept) => server.emit('map', { ...kept, db: bytesOfText(kept.db) }),
    onFailed: (text) => server.emit('notice', { text, severity: 'warning' }),
  });

  const history = new History({
    folder: () => options.dataFolder ?? dataFolder(),
    isOn: () => theStore().settings().history !== false,
    megabytes: () => {
      const { historyMegabytes } = theStore().settings();
      return typeof historyMegabytes === 'number' ? historyMegabytes : HISTORY_MEGABYTES;
    },
    onNotice: (text) => server.emit('notice', { text, severity: 'warning' }),
  });

  /** After a view was read whole: what follows from it is kept, and told where it is news. */
  async function afterWhole(view: View, scan: StackScan, signal: AbortSignal): Promise<void> {
    void mapKeeper.keep(view.id, view.ref, scan, signal);
    const readAtNs = BigInt(Date.now()) * 1_000_000n;
    const done = await history.remember(scan, view.rows.describer, readAtNs, signal);
    if (done === null || view.scan !== scan || !views.has(view.id)) return;
    server.emit('history', { view: view.id });
    if (done.ended > 0) view.told();
  }

  const viewOf = (id: number): View => {
    const view = views.get(id);
    if (!view)
      throw new FailureError({ code: 'no-view', message: `view ${id} is not open`, hint: 'open the stack again' });
    return view;
  };

  async function hello(): Promise<Hello> {
    const { kernel, parameters, privilege } = await probe.hello();
    return {
      version: manifest.version,
      kernel,
      rulesVerified: rulesVerifiedOn(kernel),
      parameters,
      privilege,
      readAs: probe.readAs,
      platform: process.platform,
    };
  }

  /** What is known of an object beside what its layers say. */
  const besideOf = ({ ref, scan }: View, path: Bytes): Pick<ObjectDetail, 'madeBy' | 'history'> => ({
    madeBy: demo.madeBy(ref, path),
    history: history.of(scan, path),
  });

  /** Throws where no layer could be read: nothing can be said of any path then. */
  function mustBeRead(stack: Stack, scan: StackScan): void {
    if (scan.layers.every(({ error }) => error !== null)) {
      const first = scan.layers[0]?.error;
      const facts = stack.facts.layers[0];
      const isRefused = first?.code === 'EACCES' || first?.code === 'EPERM' || first?.code === 'unreadable';
      const needsPrivilege = isRefused && !stack.machine.privilege.trusted;
      throw new FailureError({
        code: needsPrivilege ? 'needs-privilege' : 'no-layer',
        message: `no layer could be read: ${first?.message ?? ''}`,
        path: textForEyes(facts?.path ?? facts?.shown ?? ('' as never)),
        hint: needsPrivilege ? 'read with privilege' : 'check that the layers still exist',
      });
    }
  }

  /** Reads a whole stack for the terminal. Fails where no layer could be read, or nothing without privilege. */
  async function readWhole(
    stack: Stack,
    reading: { targets: boolean; through: boolean },
    signal: AbortSignal,
    onProgress: (scan: StackScan) => void,
  ): Promise<StackScan> {
    const withoutRules = process.env.STRATOSCOPE_WITHOUT_RULE?.split(',').filter((id) => id !== '') ?? [];
    const { remembered } = history;
    const scan = new StackScan(stack, probe.client, { ...reading, signal, onProgress, withoutRules, remembered });
    await scan.run();
    if (scan.phase === 'cancelled') throw new FailureError({ code: 'cancelled', message: 'cancelled' });
    if (scan.phase === 'failed')
      throw new FailureError({
        code: scan.error?.code ?? 'internal',
        message: scan.error?.message ?? 'the scan failed',
      });
    mustBeRead(stack, scan);
    return scan;
  }

  /** A view of no window: a whole stack with its hidden objects, for the terminal. */
  async function readApart(ref: StackRef, through: boolean, signal: AbortSignal): Promise<View> {
    const stack = await probe.resolve(ref);
    const { users, groups } = await probe.hello();
    const { remembered } = history;
    const view = new View(0, ref, stack, probe, { users, groups }, { hidden: true, through, remembered }, () => {});
    signal.addEventListener('abort', () => view.close());
    await view.read();
    if (view.scan.phase === 'ready') mustBeRead(stack, view.scan);
    return view;
  }

  const handlers: Handlers<EngineContract> = {
    hello,
    list: async (_params, { item, signal }) =>
      probe.overlays((stack) => {
        const facts = listObject(stack);
        item({
          stack: refOf(stack),
          facts,
          layersUnreadable: stack.facts.layers.filter(({ place }) => place === null).length,
        });
      }, signal),

    async open({ stack: ref, hidden, through }) {
      const stack = await probe.resolve(ref);
      const { users, groups } = await probe.hello();
      const id = nextView++;
      const viewOptions = { hidden, through, remembered: history.remembered };
      const view = new View(id, ref, stack, probe, { users, groups }, viewOptions, (state) =>
        server.emit('view', state),
      );
      views.set(id, view);
      view.onWhole = (scan, signal) => void afterWhole(view, scan, signal);
      if (ref.kind !== 'mountinfo') noteOpened(ref);
      void view.read();
      return { view: id, facts: listObject(stack), meta: scanMeta(stack) };
    },
    close({ view }) {
      views.get(view)?.close();
      views.delete(view);
      return null;
    },
    cancel({ view }) {
      viewOf(view).cancel();
      return null;
    },
    async rescan({ view: id }) {
      const view = viewOf(id);
      await (view.live ?? view).reread();
      return null;
    },
    state: ({ view }) => viewOf(view).state(),
    rows({ view: id, from, count }) {
      const view = viewOf(id);
      const { rows, version } = view;
      return { version, total: rows.count, from, rows: rows.window(from, count), ancestors: rows.ancestors(from) };
    },
    expand({ view: id, id: row, open, deep }) {
      const view = viewOf(id);
      view.rows.expand(row, open, deep);
      return view.bump();
    },
    sort({ view: id, column, descending }) {
      const view = viewOf(id);
      view.rows.order = { column, descending };
      view.rows.invalidate();
      return view.bump();
    },
    showHidden({ view: id, hidden }) {
      const view = viewOf(id);
      view.rows.hidden = hidden;
      view.rows.invalidate();
      return view.bump();
    },
    locate({ view: id, path }) {
      const view = viewOf(id);
      let row: number;
      try {
        row = view.idOf(path);
      } catch {
        return null;
      }
      view.rows.reveal(row);
      const { version, total } = view.bump();
      const index = view.rows.indexOf(row);
      return index === null ? null : { index, id: row, version, total };
    },
    jump({ view: id, text, limit }) {
      const view = viewOf(id);
      return { matches: jumpMatches(view.scan, view.rows, text, limit) };
    },
    find({ view: id, text, after, backwards }) {
      return findName(viewOf(id).rows, text, after, backwards);
    },
    typeAhead({ view: id, prefix, after }) {
      const { rows } = viewOf(id);
      const wanted = prefix.toLowerCase();
      const total = rows.count;
      for (let step = 1; step <= total; step++) {
        const index = (after + step) % total;
        const row = rows.idAt(index);
        if (row !== null && rows.tree.name(row).toLowerCase().startsWith(wanted)) return { index };
      }
      return { index: null };
    },
    detail({ view: id, id: row }) {
      const view = viewOf(id);
      return detailOf(view.scan, view.rows, row, besideOf(view, view.rows.tree.path(row)));
    },
    upperUse: ({ view: id }) => viewOf(id).rows.beneath?.report() ?? null,
    async export({ view: id, format }, { chunk, drained, signal }) {
      const view = viewOf(id);
      return { rows: await exportRows(view, format, chunk, drained, signal) };
    },

    async scan({ stack: ref, hidden, path, depth, through }, { chunk, drained, item, signal }) {
      const stack = await probe.resolve(ref);
      const scan = await readWhole(stack, { targets: true, through }, signal, telling(item));
      const objects = await writeScan(scan, { hidden, path, depth }, chunk, drained, signal);
      return { objects, errors: layerErrors(scan) };
    },
    async summary({ stack: ref, through }, { item, signal }) {
      const begun = performance.now();
      const stack = await probe.resolve(ref);
      const scan = await readWhole(stack, { targets: false, through }, signal, telling(item));
      const summary = summarize(scan);
      summary.seconds.total = (performance.now() - begun) / 1000;
      return { meta: afterReading(scanMeta(stack), scan), summary, errors: layerErrors(scan) };
    },
    async explain({ stack: ref, path, through }, { signal }) {
      const view = await readApart(ref, through, signal);
      const detail = detailOf(view.scan, view.rows, view.idOf(path), besideOf(view, path));
      return { meta: afterReading(scanMeta(view.scan.stack), view.scan), detail };
    },
    async report({ view: open, stack: ref, path, through }, { signal }) {
      const view = ref === undefined ? viewOf(open as number) : await readApart(ref, through, signal);
      const { scan, rows } = view;
      const id = view.idOf(path);
      const meta = afterReading(scanMeta(scan.stack), scan);
      const facts = reportFacts(scan, rows, id, (other) => findPath(scan, rows.tree, other, true));
      return { meta, detail: detailOf(scan, rows, id, besideOf(view, path)), facts, version: manifest.version };
    },

    ...findingHandlers({
      probe,
      viewOf,
      read: async (ref, through, signal, item) =>
        readWhole(await probe.resolve(ref), { targets: false, through }, signal, telling(item)),
    }),
    ...liveHandlers({
      probe,
      read: (stack, through, signal) => readWhole(stack, { targets: false, through }, signal, () => {}),
      viewOf,
    }),
    ...mapHandlers({
      probe,
      folder: mapFolder,
      read: async (ref, through, signal, item) =>
        readWhole(await probe.resolve(ref), { targets: false, through }, signal, telling(item)),
      scanOf: (id) => viewOf(id).scan,
    }),
    ...numberHandlers({
      probe,
      viewOf,
      views: () => views.values(),
      read: (stack, through, signal, progress) => readWhole(stack, { targets: false, through }, signal, progress),
    }),

    ...verifyHandlers({
      probe,
      refOf: (id) => viewOf(id).ref,
      read: (stack, through, signal, progress) => readWhole(stack, { targets: false, through }, signal, progress),
    }),

    async readWithPrivilege() {
      const { prefix, readAs } = await privilegePrefix();
      await probe.restart(prefix, readAs);
      server.emit('probe', { state: 'up', readAs, message: null });
      return hello();
    },
    saved: () => ({ saved: theStore().saved(), recent: theStore().recent() }),
    save: ({ name, stack }) => theStore().save(name, stack),
    forget({ id }) {
      theStore().forget(id);
      return null;
    },
    historyInfo: () => history.info(),
    historyWipe: () => ({ bytes: history.wipe() }),
    settings: () => theStore().settings(),
    setSetting({ key, value }) {
      theStore().setSetting(key, value);
      return null;
    },
    directories: ({ path }) => probe.client.call('directories', { path }),
    demo: ({ directory }) => demo.open(directory),
    async demoEnd() {
      await demo.close();
      return null;
    },
  };

  const server = createServer(engineContract, transport, handlers);
  const close = async (): Promise<void> => {
    for (const view of views.values()) view.close();
    views.clear();
    await Promise.all([demo.close(), probe.close()]);
    history.close();
    store?.close();
  };
  return { close };
}

/** Tells of a scan's progress no more often than a person can follow. */
function telling(item: (progress: { layers: LayerProgress[] }) => void): (scan: StackScan) => void {
  let told = 0;
  return ({ layers }) => {
    const now = performance.now();
    if (now - told < TELL_EVERY_MS) return;
    told = now;
    item({ layers });
  };
}
