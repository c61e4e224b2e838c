import { parseArgs } from 'node:util';
import { startEngine } from '../engine-scan.ts';
import { inMountNamespace } from '../laboratory.ts';
import { Random } from '../random.ts';
import { actHere, actInUserNamespace } from './actor.ts';
import { CONFIGURATIONS } from './configurations.ts';
import { Places } from './places.ts';
import { Builder, type Stage } from './stage.ts';
import { type Outcome, runAll, Trial } from './trial.ts';

/**
 * The matrix of inode numbers as a program: `node e2e/kernel/inodes/matrix.ts [--seed S] [--config TEXT …] [--count N]`.
 * Mounts configurations of layers for real, with every kind of object in them, and compares each number that our program
 * predicts with stat, fstat and getdents64: fresh, after operations, eviction, remount, and accidents. As root. On stderr
 * what is wrong and the table of what was met; on stdout one JSON line. Exit 1 if anything is wrong.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    /** Only configurations whose name holds one of these texts. */
    config: { type: 'string', multiple: true },
    /** Only so many, drawn by the seed. */
    count: { type: 'string' },
  },
  allowPositionals: true,
});

process.exitCode = await inMountNamespace(import.meta.filename, async (directory) => {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`seed ${seed}\n`);
  const random = new Random(seed);
  const named = CONFIGURATIONS.filter(({ name }) => values.config?.some((text) => name.includes(text)) ?? true);
  const chosen = values.count === undefined ? named : random.shuffled(named).slice(0, Number(values.count));
  const builder = new Builder(directory, new Places(directory));
  const stages: Stage[] = [];
  for (const configuration of chosen) {
    process.stderr.write(`${configuration.name}\n`);
    stages.push(await builder.build(configuration));
  }
  // The user's mount namespace is a copy: all layers must stand before it begins.
  const user = actInUserNamespace();
  const engine = startEngine([]);
  let outcomes: Outcome[] = [];
  try {
    const trials = stages.map(
      (stage) =>
        new Trial(stage, stage.configuration.namespace === 'user' ? user : actHere, engine.ask, random.below(2 ** 31)),
    );
    await runAll(trials, (phase) => process.stderr.write(`${(performance.now() / 1000).toFixed(1)} s: ${phase}\n`));
    outcomes = trials.map((trial) => trial.finish());
  } finally {
    user.end();
    await engine.end();
  }
  for (const { name, refused, mode, wrong, unmet, counts } of outcomes) {
    process.stderr.write(`${name}: ${refused ?? `${mode}, ${JSON.stringify(counts)}`}\n`);
    for (const one of wrong.slice(0, 40)) process.stderr.write(`  WRONG ${JSON.stringify(one)}\n`);
    for (const one of unmet.slice(0, 10)) process.stderr.write(`  unmet ${JSON.stringify(one)}\n`);
  }
  process.stdout.write(`${JSON.stringify(outcomes)}\n`);
  return outcomes.some(({ wrong }) => wrong.length > 0) ? 1 : 0;
});
