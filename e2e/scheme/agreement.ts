import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Session, Stage } from '../../electron/union/testing/stage.ts';
import type { TempfilePolicy } from '../../electron/union/union.ts';
import { asBytes, type Bytes, bytesOfBase64 } from '../../shared/bytes/bytes.ts';
import { Kind } from '../../shared/merge/marks.ts';
import type { Call, Reply } from '../../shared/scheme/model/call.ts';
import { apply, crash } from '../../shared/scheme/model/machine.ts';
import { initialState, type LowerNode, type SchemeState } from '../../shared/scheme/model/state.ts';
import { callOf, type PlainOperation } from '../../shared/scheme/model/wire.ts';
import { type Answer, Operation } from '../../shared/scheme/operation.ts';
import type { Step } from '../../shared/scheme/steps.ts';
import type { Random } from '../kernel/random.ts';
import { type Drawn, draw, type Seen } from './draw.ts';

const KINDS = { file: Kind.file, dir: Kind.dir, symlink: Kind.symlink, fifo: Kind.fifo, char: Kind.char } as const;
const TYPES: Record<number, string> = { [Kind.socket]: 'socket' };
for (const [type, kind] of Object.entries(KINDS)) TYPES[kind] = type;

/** Above all numbers of the filesystems here. Which number the upper's filesystem gives is its own affair. */
const FIRST_UPPER = 1n << 40n;

/** Steps that depend on what is in memory: a name that nothing holds may go at any time. */
const INCIDENTAL = new Set<Step['step']>([
  'number-mapped',
  'mapping-void',
  'atime-kept',
  'temp-shared',
  'temp-dropped-at-release',
]);

/** What both sides say to one operation, in the same words. */
export type Said = { answer: unknown; steps: string[] };

/** A union on real directories and the state machine, made from the same lowers, that do the same. */
export class Agreement {
  readonly #stage: Stage;
  readonly #policy: TempfilePolicy;
  readonly #lowers: Bytes[];
  readonly #lowerNumbers = new Set<string>();
  readonly #done: Drawn[] = [];
  /** Of each handle that was drawn, what stands for it on either side. */
  readonly #handles: { engine: string; model: bigint }[] = [];
  #session: Session;
  #state: SchemeState;
  #maps = 0;

  constructor(stage: Stage, policy: TempfilePolicy, lowers: number) {
    this.#stage = stage;
    this.#policy = policy;
    this.#lowers = Array.from({ length: lowers }, (_, i) => asBytes(stage.at(`fs/l${i + 1}`)));
    this.#session = this.#start();
    const lowerdir = [...this.#lowers, stage.at('fs/none')].join(':');
    stage.sh(`mkdir fs/none m; mount -t overlay o -o lowerdir=${lowerdir} m`);
    const tree = this.#tree('');
    stage.sh('umount m');
    this.#state = initialState(tree, { policy, clones: true, firstUpper: FIRST_UPPER });
  }

  #start(): Session {
    const at = (name: string): Bytes => asBytes(this.#stage.at(name));
    return this.#stage.start({ lowers: this.#lowers, upper: at('fs/u'), work: at('fs/w'), policy: this.#policy });
  }

  /** What the lowers show, with the numbers that the union gives, and otherwise as the kernel has it. */
  #tree(path: string): LowerNode {
    const { type, ino, mode, uid, gid } = this.#session.ok({ op: 'stat', path });
    if (path !== '') this.#lowerNumbers.add(ino);
    const kind = KINDS[type as keyof typeof KINDS];
    const node = { ino: BigInt(ino), kind, mode: Number.parseInt(mode, 8), uid, gid };
    const real = join(this.#stage.at('m'), path);
    if (kind === Kind.symlink) return { ...node, data: asBytes(readlinkSync(real)) };
    if (kind === Kind.file) return { ...node, data: asBytes(readFileSync(real, 'latin1')) };
    if (kind !== Kind.dir) return node;
    const names = readdirSync(real).map(asBytes);
    return { ...node, children: new Map(names.map((name) => [name, this.#tree(path ? `${path}/${name}` : name)])) };
  }

  /** Does one operation that is drawn, on both sides. */
  step(random: Random): { engine: Said; model: Said; done: readonly Drawn[] } {
    let drawn = draw(random, this.#seen());
    while (this.#isElsewhere(drawn)) drawn = draw(random, this.#seen());
    this.#done.push(drawn);
    if (drawn.op === 'restart') {
      this.#restart();
      return { engine: this.#stats(), model: this.#modelStats(), done: this.#done };
    }
    const before = this.#session.steps.length;
    const handle = drawn.op === 'openHandle' ? this.#handles[Number(drawn.handle)] : undefined;
    const answer = this.#session.ask(drawn.op === 'openHandle' ? { ...drawn, handle: handle?.engine ?? '' } : drawn);
    const { state, reply, steps } = apply(this.#state, this.#call(drawn, handle?.model));
    this.#state = state;
    if ('ok' in answer && 'ok' in reply && answer.ok !== true && reply.ok !== true) {
      if ('map' in reply.ok) this.#maps++;
      if ('handle' in reply.ok) this.#handles.push({ engine: answer.ok.handle as string, model: reply.ok.handle });
    }
    return {
      engine: {
        answer: this.#wordsOfEngine(answer),
        steps: 'ok' in answer ? this.#steps(this.#session.steps.slice(before)) : [],
      },
      model: { answer: this.#wordsOfModel(reply), steps: this.#steps(steps) },
      done: this.#done,
    };
  }

  #call(drawn: Exclude<Drawn, { op: 'restart' }>, handle: bigint | undefined): Call {
    if (drawn.op === 'openHandle') return { op: 'openHandle', handle: handle ?? 0n, flags: drawn.flags ?? [] };
    return callOf(Operation.parse(drawn) as PlainOperation, process.umask());
  }

  #restart(): void {
    this.#session.end();
    this.#session = this.#start();
    this.#state = crash(this.#state);
    this.#maps = 0;
  }

  /** Bytes of pipes and devices are not the scheme's, and a handle must have been given before it is used. */
  #isElsewhere(drawn: Drawn): boolean {
    if (drawn.op === 'openHandle') return this.#handles[Number(drawn.handle)] === undefined;
    if (drawn.op === 'mknod' && drawn.type === 'char') return true;
    if (!('fd' in drawn) || drawn.op === 'close' || drawn.op === 'fstat') return false;
    const descriptor = this.#state.descriptors.get(Number(drawn.fd));
    const kind = descriptor && this.#state.objects.get(descriptor.key)?.kind;
    return kind === Kind.fifo || kind === Kind.char;
  }

  #seen(): Seen {
    const { objects, root, descriptors } = this.#state;
    const seen: Seen = {
      files: [],
      directories: [''],
      others: [],
      fds: [...descriptors.keys()],
      maps: this.#maps,
      handles: this.#handles.map((_, at) => String(at)),
    };
    const visit = (key: bigint, path: string): void => {
      for (const [name, child] of objects.get(key)?.children ?? []) {
        const below = path === '' ? name : `${path}/${name}`;
        const kind = objects.get(child)?.kind;
        (kind === Kind.dir ? seen.directories : kind === Kind.file ? seen.files : seen.others).push(below);
        if (kind === Kind.dir) visit(child, below);
      }
    };
    visit(root, '');
    return seen;
  }

  #stats(): Said {
    return { answer: this.#wordsOfEngine(this.#session.ask({ op: 'stats' })), steps: [] };
  }
  #modelStats(): Said {
    return { answer: this.#wordsOfModel(apply(this.#state, { op: 'stats' }).reply), steps: [] };
  }

  #number(ino: bigint | string): string {
    return this.#lowerNumbers.has(String(ino)) ? String(ino) : 'upper';
  }

  #steps(steps: readonly Step[]): string[] {
    return steps
      .filter(({ step }) => !INCIDENTAL.has(step))
      .map(({ step, ino }) => `${step === 'cloned' ? 'copied' : step} ${this.#number(ino)}`)
      .sort();
  }

  #wordsOfModel(reply: Reply): unknown {
    if ('errno' in reply || reply.ok === true) return reply;
    const { ok } = reply;
    if ('entries' in ok)
      return ok.entries.map(({ name, kind, dino }) => `${name} ${TYPES[kind]} ${this.#number(dino)}`).sort();
    if ('kind' in ok) {
      const { kind, ino, mode, uid, gid, nlink, size } = ok;
      const octal = mode.toString(8).padStart(4, '0');
      return { type: TYPES[kind], ino: this.#number(ino), mode: octal, uid, gid, nlink, size };
    }
    if ('fd' in ok) return { fd: ok.fd, ino: this.#number(ok.ino) };
    if ('mappings' in ok) return { mappings: ok.mappings };
    if ('handle' in ok) return 'a handle';
    return ok;
  }

  #wordsOfEngine(answer: Answer): unknown {
    if ('errno' in answer || answer.ok === true) return answer;
    // biome-ignore lint/suspicious/noExplicitAny: each operation answers with fields of its own
    const ok = answer.ok as any;
    if ('entries' in ok) {
      const entries = ok.entries as { name: string; type: string; dino: string }[];
      return entries.map(({ name, type, dino }) => `${name} ${type} ${this.#number(dino)}`).sort();
    }
    if ('type' in ok) {
      const { type, ino, mode, uid, gid, nlink, size } = ok;
      const isFile = type !== 'dir';
      const figures = isFile ? { nlink, size: Number(size) } : { nlink: null, size: null };
      return { type, ino: this.#number(ino), mode, uid, gid, ...figures };
    }
    if ('fd' in ok) return { fd: ok.fd, ino: this.#number(ok.ino) };
    if ('data' in ok) return { data: bytesOfBase64(ok.data) };
    if ('value' in ok) return { value: bytesOfBase64(ok.value) };
    if ('dentries' in ok) return { ok: true };
    if ('mappings' in ok) return { mappings: ok.mappings };
    if ('handle' in ok) return 'a handle';
    return ok;
  }
}
