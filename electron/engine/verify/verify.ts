import { asBytes, type Bytes } from '../../../shared/bytes/bytes.ts';
import { jsonField } from '../../../shared/bytes/show.ts';
import type { FindingCode } from '../../../shared/contract/scan.ts';
import type { VerifyCounts, VerifyRow } from '../../../shared/contract/verify.ts';
import type { ProbeContract } from '../../../shared/ipc/probe.ts';
import { type Client, FailureError } from '../../../shared/ipc/rpc.ts';
import type { VerifyProgress } from '../../../shared/ipc/verify.ts';
import type { Comparison } from '../../../shared/verify/compare.ts';
import { DeviceClasses } from '../../../shared/verify/devices.ts';
import { CURES } from '../../../shared/verify/words.ts';
import { Describer } from '../describe.ts';
import { HiddenTree } from '../hidden.ts';
import { findPath } from '../output.ts';
import type { StackScan } from '../scan.ts';
import { mountedAt } from './evidence.ts';
import { type Judgement, judge } from './judge.ts';
import { type Looked, lookAt } from './look.ts';
import { type Picture, Predictor } from './prediction.ts';
import { chosenTargets, countBeneath, targetsBeneath } from './targets.ts';

export type VerifyOptions = {
  probe: Client<ProbeContract>;
  /** Reads the layers once more. */
  readAgain: () => Promise<StackScan>;
  /** Null: every visible object. */
  paths: readonly Bytes[] | null;
  /** Of every visible object, only this directory and what is beneath it. */
  beneath: Bytes | null;
  /** Also rows that agree, and those that cannot be foretold. */
  all: boolean;
  onRows: (rows: VerifyRow[]) => void;
  onProgress: (progress: VerifyProgress) => void;
  drained: () => Promise<void>;
  signal: AbortSignal;
};

const ROOT = asBytes('');

export type Verdict = VerifyCounts & { faulty: boolean };

const pictureOf = (scan: StackScan): Picture => {
  const tree = new HiddenTree(scan);
  return { scan, tree, describer: new Describer(scan, tree) };
};

/**
 * Holds what the layers foretell against what the kernel reports through the mount. What differs, and is not what an
 * inode in memory would show, is looked at once more after a second reading of the layers, and judged by it. Throws a
 * FailureError: unmounted, cancelled.
 */
export async function verify(scan: StackScan, options: VerifyOptions): Promise<Verdict> {
  const { probe, paths, beneath, signal, onProgress, onRows } = options;
  const { facts, machine } = scan.stack;
  const picture = pictureOf(scan);
  const predictor = new Predictor(picture);
  const devices = new DeviceClasses(facts.dev as string);
  const look = { probe, dev: facts.dev as string, devices, mayBeRefused: !machine.privilege.handles, signal };
  const counts = { checked: 0, wrong: 0, unpredictable: 0, paths: 0, settled: 0, faulty: false };
  const doubtful = new Map<Bytes, Looked>();
  const targets = paths === null ? targetsBeneath(predictor, beneath ?? ROOT) : chosenTargets(predictor, paths);
  const total = paths?.length ?? (beneath === null ? scan.objects.count : countBeneath(predictor, beneath));
  let names = 0;
  const onSeen = (more: number): void => {
    names += more;
    onProgress({ phase: 'looking', done: Math.min(names, total), total });
  };
  for await (const seen of lookAt(targets, { ...look, handles: false, onSeen })) {
    const rows: VerifyRow[] = [];
    for (const one of seen) {
      if (one.fields.some(({ verdict, isCached }) => verdict === 'wrong' && !isCached)) doubtful.set(one.path, one);
      else tell(one, null, counts, options.all, picture, rows);
    }
    counts.paths += seen.length;
    onRows(rows);
    await options.drained();
  }
  if (doubtful.size === 0) return counts;

  const again = pictureOf(await options.readAgain());
  const since = await mountedAt(again.scan.stack, probe, signal);
  const second = chosenTargets(new Predictor(again), doubtful.keys());
  let done = 0;
  for await (const seen of lookAt(second, { ...look, handles: true, onSeen: () => {} })) {
    for (const one of seen) {
      const first = doubtful.get(one.path) as Looked;
      const isWrong = one.fields.some(({ verdict, isCached }) => verdict === 'wrong' && !isCached);
      const wrong = (looked: Looked): number => looked.fields.filter(({ verdict }) => verdict === 'wrong').length;
      counts.settled += Math.max(0, wrong(first) - wrong(one));
      let judgement: Judgement | null = null;
      if (isWrong) {
        const before = findPath(scan, picture.tree, one.path, false);
        const object = before === null ? null : picture.describer.object(before);
        judgement = await judge(one, again, one.id, object, { probe, mountedAt: since, signal });
      }
      const rows: VerifyRow[] = [];
      tell(one, judgement, counts, options.all, again, rows);
      onRows(rows);
      onProgress({ phase: 'judging', done: ++done, total: doubtful.size });
      if (signal.aborted) throw new FailureError({ code: 'cancelled', message: 'cancelled' });
    }
  }
  return counts;
}

/** Counts a path's fields, and says those that are to be told, with what is found in the object. */
function tell(
  looked: Looked,
  judgement: Judgement | null,
  counts: Verdict,
  all: boolean,
  { describer }: Picture,
  rows: VerifyRow[],
): void {
  const { id } = looked;
  let codes: FindingCode[] | null = null;
  const say = (field: Comparison, judged: Judgement | null): void => {
    codes ??= id === null ? [] : describer.findings.codes(id);
    rows.push(rowOf(looked.path, field, judged, codes));
  };
  for (const field of looked.fields) {
    if (field.verdict === 'unpredictable') counts.unpredictable++;
    else counts.checked++;
    if (field.verdict === 'wrong') {
      counts.wrong++;
      const judged = field.isCached || judgement === null ? cachedJudgement(looked) : judgement;
      if (judged.cause !== 'cached from before a layer change') counts.faulty = true;
      say(field, judged);
    } else if (all) say(field, null);
  }
}

const cachedJudgement = ({ prediction }: Looked): Judgement => ({
  cause: 'cached from before a layer change',
  evidence: {
    ...(prediction.shown?.cached ? { cached: prediction.shown.cached } : {}),
    rule: prediction.shown?.why,
  },
});

function rowOf(path: Bytes, field: Comparison, judged: Judgement | null, findings: FindingCode[]): VerifyRow {
  return {
    ...(jsonField('path', path) as { path: string }),
    field: field.field,
    predicted: field.predicted,
    observed: field.observed,
    verdict: field.verdict,
    cause: judged?.cause ?? null,
    evidence: judged?.evidence ?? null,
    cure: judged === null ? null : CURES[judged.cause],
    findings,
  };
}
