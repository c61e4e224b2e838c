/**
 * A thread that walks: it takes directories from the frontier, reads them, and hands chunks to the main thread. It
 * serves one walk after another, as the main thread asks.
 */
import { parentPort } from 'node:worker_threads';
import { asBytes } from '../../../shared/bytes/bytes.ts';
import { errno, errnos, Memory } from '../syscalls/libc.ts';
import { close, Open, raw } from '../syscalls/open.ts';
import { CHUNK_SIZE, ChunkWriter } from './chunk.ts';
import { DirectoryReader, type Sink } from './directory.ts';
import { Frontier, NONE } from './frontier.ts';
import type { FromWalker, ToWalker, WalkRoot } from './messages.ts';
import { OriginOpener } from './origins.ts';

const port = parentPort;
if (!port) throw new Error('this is a worker thread');

const FLAGS = Open.readOnly | Open.directory | Open.noFollow | Open.closeOnExec | Open.nonBlock;
/** What is known is sent after this time at the latest. */
const FLUSH_MS = 25;

const reader = new DirectoryReader();
const dot = new Memory(128);
dot.string(0, asBytes('.'));

class Walker {
  readonly #id: number;
  readonly #frontier: Frontier;
  readonly #roots: WalkRoot[];
  readonly #targets: boolean;
  readonly #origins: OriginOpener | null;
  readonly #writer = new ChunkWriter();
  /** Directories that only this thread knows, since the chunk that tells of them has not been sent; from #next on. */
  #unsent: number[] = [];
  #next = 0;
  /** Children of the directory that is being read. */
  #children: number[] = [];
  /** Those of them for which there was no room. */
  #refused: number[] = [];
  #sentAt = performance.now();

  constructor({ walk, frontier, roots, targets, origins }: ToWalker) {
    this.#id = walk;
    this.#frontier = new Frontier(frontier);
    this.#roots = roots;
    this.#targets = targets;
    this.#origins = origins.length > 0 ? new OriginOpener(roots, origins) : null;
  }

  run(): void {
    const frontier = this.#frontier;
    while (!frontier.cancelled) {
      let slot = frontier.take();
      if (slot === NONE && this.#next < this.#unsent.length) {
        // One directory is no work to share: a deep chain would be sent in crumbs.
        if (frontier.hungry && this.#unsent.length - this.#next > 1) {
          this.#send();
          continue;
        }
        slot = this.#unsent[this.#next++] as number;
      }
      if (slot !== NONE) this.#read(slot);
      else {
        this.#send();
        if (frontier.over) break;
        frontier.wait();
      }
    }
    this.#origins?.close();
  }

  /** Sends the chunk, then shows the directories of which it tells. */
  #send(): void {
    const frontier = this.#frontier;
    if (!this.#writer.empty) {
      const chunk = this.#writer.take();
      const ticket = frontier.ticket();
      port?.postMessage({ walk: this.#id, ticket, chunk } satisfies FromWalker, [chunk.buffer]);
    }
    frontier.publish(this.#unsent, this.#next);
    this.#unsent = [];
    this.#next = 0;
    this.#sentAt = performance.now();
  }

  #read(slot: number): void {
    const frontier = this.#frontier;
    const index = frontier.layerOf(slot);
    const root = this.#roots[index] as WalkRoot;
    const directory = frontier.idOf(slot);
    const fd = this.#open(slot, root);
    if (fd < 0) {
      this.#failed(root.layer, directory, -fd);
      if (directory === 0) frontier.rootFailed(index, -fd);
    } else {
      const sink: Sink = {
        writer: this.#writer,
        child: (names, at, length) => {
          const child = frontier.add(index, slot, names, at, length);
          if (child === NONE) {
            const id = frontier.idWithoutSlot(index);
            this.#refused.push(id);
            return id;
          }
          this.#children.push(child);
          return frontier.idOf(child);
        },
        full: () => {
          this.#send();
          return !frontier.cancelled;
        },
        cancelled: () => frontier.cancelled,
        due: () => performance.now() - this.#sentAt > FLUSH_MS,
      };
      const options = {
        layer: root.layer,
        directory,
        byPath: root.byPath,
        targets: this.#targets,
        origins: root.layer === 0 ? this.#origins : null,
      };
      const entries = reader.read(fd, options, sink);
      if (entries > 0) frontier.countEntries(index, entries);
      if (directory === 0 && reader.failed !== 0) frontier.rootFailed(index, reader.failed);
      for (const id of this.#refused) this.#failed(root.layer, id, errnos.ENOMEM as number);
      this.#refused = [];
      if (!frontier.hold(slot, fd, this.#children.length)) close(fd);
      for (const child of this.#children) this.#unsent.push(child);
      this.#children = [];
    }
    frontier.finish(index);
    if (performance.now() - this.#sentAt > FLUSH_MS || this.#writer.size > CHUNK_SIZE - 8192) this.#send();
  }

  /** A directory that could not be opened is a block without records. */
  #failed(layer: number, directory: number, reason: number): void {
    if (!this.#writer.fits(0)) this.#send();
    this.#writer.begin(layer, directory);
    this.#writer.end(reason, false);
  }

  /** Opens the directory of a slot for reading; −errno where that fails. */
  #open(slot: number, root: WalkRoot): number {
    const frontier = this.#frontier;
    const parent = frontier.parentOf(slot);
    if (parent === NONE) return this.#openat(root.fd, dot.address, root);
    const held = frontier.descriptorOf(parent);
    if (held < 0) return this.#openFromRoot(slot, root);
    const fd = this.#openat(held, frontier.nameOf(slot), root);
    const last = frontier.opened(parent);
    if (last >= 0) close(last);
    return fd;
  }

  #openat(dirfd: number, name: number, root: WalkRoot): number {
    if (root.byPath) {
      const quiet = raw.openat(dirfd, name, FLAGS | Open.noAtime, 0);
      if (quiet >= 0) return quiet;
      if (errno() !== errnos.EPERM) return -errno();
    }
    const fd = raw.openat(dirfd, name, FLAGS, 0);
    return fd >= 0 ? fd : -errno();
  }

  /** Reaches a directory whose parent is no longer open, name by name from the layer's root. */
  #openFromRoot(slot: number, root: WalkRoot): number {
    const frontier = this.#frontier;
    const names: number[] = [];
    for (let at = slot; frontier.parentOf(at) !== NONE; at = frontier.parentOf(at)) names.push(frontier.nameOf(at));
    let fd = root.fd;
    for (let i = names.length - 1; i >= 0; i--) {
      const name = names[i] as number;
      const next =
        i > 0
          ? raw.openat(fd, name, Open.path | Open.directory | Open.noFollow | Open.closeOnExec, 0)
          : this.#openat(fd, name, root);
      const failed = i > 0 && next < 0 ? -errno() : next;
      if (fd !== root.fd) close(fd);
      if (failed < 0) return failed;
      fd = next;
    }
    return fd;
  }
}

port.on('message', (message: ToWalker) => {
  new Walker(message).run();
  port.postMessage({ walk: message.walk, done: true } satisfies FromWalker);
});
