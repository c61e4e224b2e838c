import { parseArgs } from 'node:util';
import type { ScanObject } from '../../shared/contract/scan.ts';
import type { Case } from './case.ts';
import { coverageOf, coverageText } from './coverage.ts';
import { echo } from './echo.ts';
import { startCountingEngine, startEngine } from './engine-scan.ts';
import { inLaboratory } from './laboratory.ts';
import { naiveScan } from './naive.ts';
import { run, textOf } from './run.ts';
import type { Scan } from './trial.ts';

/**
 * The differential test as a program: `node e2e/kernel/differential.ts --seed S --objects N`. Random layer trees are
 * mounted for real, and every object is compared with what our program says. As root. On stderr what is wrong, with a
 * script that rebuilds it; on stdout one JSON line with the counts. Exit 1 if anything is wrong.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    objects: { type: 'string', default: '2000' },
    from: { type: 'string', default: '0' },
    cases: { type: 'string' },
    /** Tells how often each rule of the merge was met, by layer position. */
    'count-rules': { type: 'boolean', default: false },
    /** Switches a rule of the merge off: the kernel must contradict what follows. May be given more than once. */
    'without-rule': { type: 'string', multiple: true, default: [] },
    unshrunk: { type: 'boolean', default: false },
    /** One case as JSON, as a failure prints it. */
    case: { type: 'string' },
    failures: { type: 'string', default: '1' },
    /** `kernel` repeats the kernel's own answer, `naive` knows no marks: both test the harness. */
    scan: { type: 'string', default: 'engine' },
    /** With `--scan kernel`: one answer of each case is falsified in this field. */
    lie: { type: 'string' },
  },
  allowPositionals: true,
});

const harnessScans: Record<string, Scan> = {
  naive: async (_stack, peek) => naiveScan(peek.built),
  kernel: async (_stack, peek) => {
    const objects = echo(peek.built, await peek.look());
    return values.lie === undefined ? objects : withLie(objects, values.lie);
  },
};

/** Falsifies one field of the last object that has it. */
function withLie(objects: ScanObject[], field: string): ScanObject[] {
  const at = objects.findLastIndex(
    (object) => object.lookup === 'ok' && object.type === 'file' && object.data !== null,
  );
  const object = objects[at];
  if (object === undefined) return objects;
  const lies: Record<string, () => ScanObject[]> = {
    object: () => objects.toSpliced(at, 1),
    twice: () => [...objects, object],
    lookup: () => objects.with(at, { ...object, lookup: 'ENOENT' }),
    listed: () => objects.with(at, { ...object, listed: !object.listed }),
    type: () => objects.with(at, { ...object, type: 'fifo' }),
    mode: () => objects.with(at, { ...object, mode: '0100600' }),
    size: () => objects.with(at, { ...object, size: '12345' }),
    data: () => objects.with(at, { ...object, data: null }),
    unknown: () => objects.with(at, { ...object, lookup: 'unknown' }),
    entries: () => objects.map((other) => ({ ...other, entries: other.entries.slice(1) })),
  };
  const lie = lies[field];
  if (lie === undefined) throw new Error(`--lie ${field}: no such field`);
  return lie();
}

process.exitCode = await inLaboratory(import.meta.filename, async (laboratory) => {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  const counting = values['count-rules'] ? startCountingEngine() : null;
  const engine = counting ?? startEngine(values['without-rule']);
  const scan = values.scan === 'engine' ? engine.scan : harnessScans[values.scan];
  if (scan === undefined) throw new Error(`--scan ${values.scan}: no such scan`);
  process.stderr.write(`seed ${seed}\n`);
  const result = await run(laboratory, scan, {
    seed,
    objects: Number(values.objects),
    from: Number(values.from),
    cases: values.cases === undefined ? Number.POSITIVE_INFINITY : Number(values.cases),
    failures: Number(values.failures),
    unshrunk: values.unshrunk,
    ...(values.case === undefined ? {} : { only: JSON.parse(values.case) as Case }),
  });
  await engine.end();
  for (const failure of result.failures) process.stderr.write(`${textOf(failure)}\n`);
  const coverage = counting ? coverageOf(counting.hits) : null;
  if (coverage) process.stderr.write(`${coverageText(coverage)}\n`);
  const failures = result.failures.map(({ script: _, ...rest }) => rest);
  process.stdout.write(`${JSON.stringify({ ...result, failures, coverage })}\n`);
  return result.failures.length > 0 ? 1 : 0;
});
