import { execFileSync } from 'node:child_process';
import { execute } from '../../electron/union/execute.ts';
import { type StartOptions, startUnion } from '../../electron/union/start.ts';
import type { Union } from '../../electron/union/union.ts';
import { type Answer, Operation } from '../../shared/scheme/operation.ts';
import { Random } from '../kernel/random.ts';
import { type Drawn, draw, type Seen } from './draw.ts';
import { Numbers } from './numbers.ts';
import { PlainDirectory } from './plain.ts';

/** One sequence of operations, on a union and on a plain copy of what it shows, answer held against answer. */

export type Difference = { step: number; drawn: Drawn | 'the tree at the end' | 'the kernel’s view'; what: string };

/** Names of slots: what the draw names is another descriptor, mapping or handle on each side. */
class Side {
  readonly fds: Map<number, number>;
  readonly maps = new Map<number, number>();
  readonly handles = new Map<string, string>();
  constructor(fds = new Map<number, number>()) {
    this.fds = fds;
  }
}

type Ok = Record<string, unknown>;

export type TrialOptions = {
  /** Where layers are made: a filesystem with room. */
  folder: string;
  lowers: number;
  start: Partial<StartOptions>;
  /** Descriptors and mappings from before a copy-up see no more what is written. */
  isLoose: boolean;
};

const sh = (script: string, cwd: string): string =>
  execFileSync('bash', ['-ec', script], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 28,
  });

/** Somebody who lists mounts may look at it just now. */
const UNMOUNT = 'for i in $(seq 50); do umount m 2>/dev/null && break; sleep 0.1; done';

/** A script that makes random lowers. */
export function drawLowers(random: Random, count: number): string {
  const lines: string[] = [];
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (let layer = 1; layer <= count; layer++) {
    const directories = ['.'];
    lines.push(`mkdir l${layer}; cd l${layer}`);
    const files: string[] = [];
    for (let i = 0; i < 14; i++) {
      const path = `${random.pick(directories)}/${random.pick(names)}`;
      const kind = random.weighted({ file: 6, dir: 4, link: 3, symlink: 1, fifo: 1, sparse: 1 });
      if (kind === 'dir') {
        lines.push(`[ -e ${path} -o -L ${path} ] || mkdir ${path}`);
        if (path.split('/').length < 4) directories.push(path);
      } else if (kind === 'file') {
        lines.push(
          `[ -e ${path} -o -L ${path} ] || { printf '%s' ${layer}${path} > ${path} && chmod ${random.pick(['644', '600', '4755'])} ${path}; } 2>&-`,
        );
        files.push(path);
      } else if (kind === 'sparse') lines.push(`[ -e ${path} -o -L ${path} ] || truncate -s 20000 ${path} 2>&-`);
      else if (kind === 'symlink')
        lines.push(`[ -e ${path} -o -L ${path} ] || ln -s ${random.pick(names)} ${path} 2>&-`);
      else if (kind === 'fifo') lines.push(`[ -e ${path} -o -L ${path} ] || mkfifo ${path} 2>&-`);
      else if (files.length > 0) lines.push(`[ -e ${path} -o -L ${path} ] || ln ${random.pick(files)} ${path} 2>&-`);
    }
    lines.push('cd ..');
  }
  return lines.map((line) => (line.startsWith('[') ? `{ ${line}; } || true` : line)).join('\n');
}

export class Trial {
  readonly #options: TrialOptions;
  readonly #layers: string;
  #union: Union;
  readonly #plain: PlainDirectory;
  readonly #mine = new Side();
  readonly #theirs = new Side();
  readonly #numbers: Numbers;
  #slots = { fd: 3, map: 1, handle: 1 };
  #step = 0;

  constructor(options: TrialOptions, layers: string) {
    this.#options = options;
    this.#layers = layers;
    const list = Array.from({ length: options.lowers }, (_, i) => `l${i + 1}`);
    sh(`mkdir work; cd work; ${layers}\nmkdir u w none p m`, options.folder);
    const lowerdir = [...list, 'none'].join(':');
    sh(
      `mount -t overlay o -o lowerdir=${lowerdir} m; cp -a --reflink=never m/. p; ${UNMOUNT}`,
      `${options.folder}/work`,
    );
    this.#union = this.#start();
    this.#plain = new PlainDirectory(`${options.folder}/work/p`);
    this.#numbers = new Numbers((object) => this.#objects().has(object));
  }

  get layers(): string {
    return this.#layers;
  }

  get startOptions(): StartOptions {
    const at = (name: string) => `${this.#options.folder}/work/${name}` as never;
    return {
      lowers: Array.from({ length: this.#options.lowers }, (_, i) => at(`l${i + 1}`)),
      upper: at('u'),
      work: at('w'),
      store: 'memory',
      policy: 'last-close',
      sync: 'copy-up',
      db: null,
      ...this.#options.start,
    };
  }

  #start(): Union {
    return startUnion(this.startOptions);
  }

  /** The plain directory's objects that have a name or are open. */
  #objects(): Set<string> {
    const found = new Set<string>();
    this.#walk((_, ino) => found.add(ino));
    for (const fd of this.#theirs.fds.values()) {
      const answer = this.#plain.perform(Operation.parse({ op: 'fstat', fd }));
      if ('ok' in answer) found.add((answer.ok as Ok).ino as string);
    }
    return found;
  }

  /** Paths of the plain directory, with their objects and types. */
  #walk(visit: (path: string, ino: string, type: string) => void): void {
    const into = (path: string): void => {
      const answer = this.#plain.perform(Operation.parse({ op: 'readdir', path }));
      if ('errno' in answer) throw new Error(`${path}: ${answer.errno}`);
      for (const { name, type, dino } of (answer.ok as { entries: { name: string; type: string; dino: string }[] })
        .entries) {
        const below = path === '' ? name : `${path}/${name}`;
        visit(below, dino, type);
        if (type === 'dir') into(below);
      }
    };
    into('');
  }

  seen(): Seen {
    const seen: Seen = {
      files: [],
      directories: [''],
      others: [],
      fds: [...this.#theirs.fds.keys()],
      maps: this.#slots.map - 1,
      handles: [...this.#theirs.handles.keys()],
    };
    this.#walk((path, _, type) => {
      if (type === 'dir') seen.directories.push(path);
      else if (type === 'file') seen.files.push(path);
      else seen.others.push(path);
    });
    return seen;
  }

  /** Does one operation on both sides; gives what differs, or null. */
  do(drawn: Drawn): Difference | null {
    this.#step++;
    if (drawn.op === 'restart') {
      this.pause();
      this.resume();
      return null;
    }
    const mine = this.#perform(drawn, this.#mine, (operation) => execute(this.#union, operation as never));
    const theirs = this.#perform(drawn, this.#theirs, (operation) => this.#plain.perform(operation));
    const what = this.#compare(drawn, mine, theirs);
    this.#remember(drawn, mine, theirs);
    return what === null ? null : { step: this.#step, drawn, what };
  }

  #perform(drawn: Exclude<Drawn, { op: 'restart' }>, side: Side, perform: (operation: Operation) => Answer): Answer {
    const line = { ...drawn } as Ok;
    if ('fd' in line) line.fd = side.fds.get(Number(line.fd)) ?? 9999;
    if ('map' in line) line.map = side.maps.get(Number(line.map)) ?? 9999;
    if (line.op === 'openHandle') {
      const handle = side.handles.get(String(line.handle));
      if (handle === undefined) return { errno: 'no such slot' };
      line.handle = 'AAAA';
      return perform({ ...Operation.parse(line), handle } as Operation);
    }
    return perform(Operation.parse(line));
  }

  #remember(drawn: Drawn, mine: Answer, theirs: Answer): void {
    if ('errno' in mine || 'errno' in theirs) return;
    const [my, their] = [mine.ok as Ok, theirs.ok as Ok];
    if (drawn.op === 'open' || drawn.op === 'openHandle') {
      const slot = this.#slots.fd++;
      this.#mine.fds.set(slot, my.fd as number);
      this.#theirs.fds.set(slot, their.fd as number);
    }
    if (drawn.op === 'close') {
      this.#mine.fds.delete(Number(drawn.fd));
      this.#theirs.fds.delete(Number(drawn.fd));
    }
    if (drawn.op === 'mmap') {
      const slot = this.#slots.map++;
      this.#mine.maps.set(slot, my.map as number);
      this.#theirs.maps.set(slot, their.map as number);
    }
    if (drawn.op === 'handle') {
      const slot = String(this.#slots.handle++);
      this.#mine.handles.set(slot, my.handle as string);
      this.#theirs.handles.set(slot, their.handle as string);
    }
  }

  #compare(drawn: Drawn, mine: Answer, theirs: Answer): string | null {
    if (this.#options.isLoose && drawn.op === 'peek') return null;
    if ('errno' in mine || 'errno' in theirs) {
      const [my, answered] = [mine, theirs].map((one) => ('errno' in one ? one.errno : 'ok'));
      // xfs says EEXIST of a directory that is not empty; the contract has one word for all.
      const their =
        answered === 'EEXIST' && drawn.op === 'rename' && !drawn.flags?.includes('NOREPLACE') ? 'ENOTEMPTY' : answered;
      return my === their ? null : `errno: the union answers ${my}, a plain directory ${their}`;
    }
    if (mine.ok === true || theirs.ok === true) return null;
    const [my, their] = [mine.ok, theirs.ok];
    if (drawn.op === 'readdir') return this.#compareListing(my, their);
    for (const field of ['type', 'mode', 'uid', 'gid', 'nlink', 'size', 'data', 'n', 'target', 'value']) {
      if (!(field in their)) continue;
      if (field === 'nlink' && their.type === 'dir') continue;
      // A directory's size is its filesystem's own.
      if (field === 'size' && their.type === 'dir') continue;
      if (this.#options.isLoose && (field === 'data' || (field === 'size' && drawn.op === 'fstat'))) continue;
      if (my[field] !== their[field]) return `${field}: ${show(my[field])}, on a plain directory ${show(their[field])}`;
    }
    return 'ino' in their ? this.#numbers.check(their.ino as string, my.ino as string) : null;
  }

  #compareListing(my: Ok, their: Ok): string | null {
    type Entry = { name: string; type: string; dino: string };
    const sorted = (list: Ok): Entry[] => (list.entries as Entry[]).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    const [mine, theirs] = [sorted(my), sorted(their)];
    const names = (list: Entry[]): string => list.map(({ name, type }) => `${name}:${type}`).join(' ');
    if (names(mine) !== names(theirs)) return `names: ${names(mine)}, in a plain directory ${names(theirs)}`;
    for (const [i, { name, dino }] of mine.entries()) {
      const wrong = this.#numbers.check((theirs[i] as Entry).dino, dino);
      if (wrong !== null) return `${name} in the listing: ${wrong}`;
    }
    return null;
  }

  /** Ends the session, and closes everything on the other side too. */
  pause(): void {
    this.#union.close();
    this.#plain.closeAll();
    for (const side of [this.#mine, this.#theirs]) {
      side.fds.clear();
      side.maps.clear();
    }
  }

  /** Begins a session. */
  resume(): void {
    this.#union = this.#start();
  }

  /** Does an operation on the plain directory alone; gives the errno, or `ok`. */
  onPlain(drawn: Drawn, fds: Map<number, number>): string {
    if (drawn.op === 'restart') return 'ok';
    const side = new Side(fds);
    const answer = this.#perform(drawn, side, (operation) => this.#plain.perform(operation));
    if ('ok' in answer && drawn.op === 'open') fds.set(fds.size + 3, (answer.ok as Ok).fd as number);
    return 'errno' in answer ? answer.errno : 'ok';
  }

  /** Closes what is open on the plain directory. */
  closePlain(): void {
    this.#plain.closeAll();
  }

  /** What differs between the trees that both sides show: names, types, attributes, numbers, contents. */
  compareTrees(): string | null {
    return this.#numbers.trying(() => this.#compareTrees());
  }

  #compareTrees(): string | null {
    for (const path of this.seen().directories) {
      const wrong = this.do({ op: 'readdir', path });
      if (wrong) return `${path}: ${wrong.what}`;
    }
    const { files, directories, others } = this.seen();
    for (const path of [...files, ...directories, ...others]) {
      const wrong = this.do({ op: 'stat', path });
      if (wrong) return `${path}: ${wrong.what}`;
    }
    for (const path of files) {
      const slot = this.#slots.fd;
      const wrong =
        this.do({ op: 'open', path, flags: ['RDONLY'] }) ??
        this.do({ op: 'pread', fd: slot, off: 0, len: 1 << 20 }) ??
        this.do({ op: 'close', fd: slot });
      if (wrong) return `${path}: ${wrong.what}`;
    }
    return null;
  }

  /** Everything that both sides show, also after a new start; then the kernel's view of the layers. */
  end(): Difference | null {
    const inSession = this.compareTrees();
    if (inSession !== null) return { step: this.#step, drawn: 'the tree at the end', what: inSession };
    this.pause();
    this.resume();
    const afterwards = this.compareTrees();
    if (afterwards !== null)
      return { step: this.#step, drawn: 'the tree at the end', what: `after a new start, ${afterwards}` };
    this.#union.close();
    const kernel = this.#kernelView();
    return kernel === null ? null : { step: this.#step, drawn: 'the kernel’s view', what: kernel };
  }

  /** Names, types, modes and contents as the kernel's overlayfs gives them from the same layers. */
  #kernelView(): string | null {
    const lowers = Array.from({ length: this.#options.lowers }, (_, i) => `l${i + 1}`).join(':');
    const look = `find . -mindepth 1 -printf '%p %y %m %U %G %l\\n' | sort; find . -type f -size -2000k | sort | xargs -r -d '\\n' sha1sum`;
    const work = `${this.#options.folder}/work`;
    const left = sh('ls -A w/work', work);
    if (left !== '') return `left in the work directory: ${left}`;
    sh(`mount -t overlay o -o redirect_dir=on,index=off,metacopy=off,lowerdir=${lowers},upperdir=u,workdir=w m`, work);
    try {
      const kernel = sh(`cd m; ${look}`, work).split('\n');
      const plain = sh(`cd p; ${look}`, work).split('\n');
      const only = (one: string[], other: string[]): string[] =>
        one.filter((line) => !other.includes(line)).slice(0, 3);
      if (kernel.join() === plain.join()) return null;
      return `the kernel gives ${show(only(kernel, plain))}, a plain directory ${show(only(plain, kernel))}`;
    } finally {
      sh(UNMOUNT, work);
    }
  }

  remove(): void {
    this.#union.close();
    this.#plain.end();
    sh('umount work/m 2>/dev/null || true; rm -rf work', this.#options.folder);
  }
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 300) ?? 'nothing';

export type Outcome = { drawn: Drawn[]; layers: string; difference: Difference | null };

/** Draws and does `count` operations, and holds the ends against each other. */
export function runTrial(options: TrialOptions, seed: number, count: number): Outcome {
  const random = new Random(seed);
  const trial = new Trial(options, drawLowers(random, options.lowers));
  const drawn: Drawn[] = [];
  try {
    for (let i = 0; i < count; i++) {
      const next = draw(random, trial.seen());
      drawn.push(next);
      const difference = trial.do(next);
      if (difference) return { drawn, layers: trial.layers, difference };
    }
    return { drawn, layers: trial.layers, difference: trial.end() };
  } finally {
    trial.remove();
  }
}

/** The same operations once more, or fewer of them. */
export function replay(options: TrialOptions, layers: string, drawn: readonly Drawn[]): Difference | null {
  const trial = new Trial(options, layers);
  try {
    for (const one of drawn) {
      const difference = trial.do(one);
      if (difference) return difference;
    }
    return trial.end();
  } finally {
    trial.remove();
  }
}

/** Takes operations away while what is left still differs. */
export function shrinkTrial(options: TrialOptions, { layers, drawn }: Outcome, seconds = 30): Drawn[] {
  const end = performance.now() + seconds * 1000;
  let smallest = drawn;
  for (let size = Math.max(1, drawn.length >> 1); size > 0; size = size === 1 ? 0 : size >> 1) {
    for (let at = 0; at + size <= smallest.length && performance.now() < end; ) {
      const fewer = smallest.filter((_, i) => i < at || i >= at + size);
      if (replay(options, layers, fewer)) smallest = fewer;
      else at += size;
    }
  }
  return smallest;
}
