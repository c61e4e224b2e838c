import { parseArgs } from 'node:util';
import { Describer } from '../../electron/engine/describe.ts';
import { ALONE, Classes } from '../../electron/engine/findings/classes.ts';
import { metOf } from '../../electron/engine/findings/findings.ts';
import { Surroundings } from '../../electron/engine/findings/surroundings.ts';
import { HiddenTree } from '../../electron/engine/hidden.ts';
import { ProbeHolder } from '../../electron/engine/machine.ts';
import { StackScan } from '../../electron/engine/scan.ts';
import { echo } from '../kernel/echo.ts';
import { inLaboratory } from '../kernel/laboratory.ts';
import { run, textOf } from '../kernel/run.ts';

/**
 * Findings are looked for once in objects that are alike. This holds what is said of each object so against what is
 * said of it on its own, on random stacks: `node e2e/findings/alike.ts --seed S --objects N`. As root. On stderr what
 * is wrong, with a script that rebuilds it; on stdout one JSON line with the counts. Exit 1 if anything is wrong.
 */
const { values } = parseArgs({
  options: { seed: { type: 'string' }, objects: { type: 'string', default: '1000' } },
  allowPositionals: true,
});

process.exitCode = await inLaboratory(import.meta.filename, async (laboratory) => {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  process.stderr.write(`seed ${seed}\n`);
  const probe = new ProbeHolder((message) => process.stderr.write(`${message}\n`));
  const codes: Record<string, number> = {};
  let alike = 0;
  let alone = 0;
  const result = await run(
    laboratory,
    async (stack, peek) => {
      const scan = new StackScan(await probe.resolve(stack), probe.client, { targets: true });
      await scan.run();
      const describer = new Describer(scan, new HiddenTree(scan));
      const classes = new Classes(scan, new Surroundings(scan, describer, null));
      for (let id = 0; id < scan.objects.count; id++) {
        const said = metOf(describer.findings.levels(id));
        const own = metOf(describer.findings.levelsAlone(id));
        const text = (met: typeof said): string =>
          met.map(({ finding, severity }) => `${finding.code} ${severity}`).join();
        if (text(said) !== text(own))
          throw new Error(`${scan.path(id)}: alike others it has [${text(said)}], on its own [${text(own)}]`);
        if (classes.of(id) === ALONE) alone++;
        else alike++;
        for (const { finding } of own) codes[finding.code] = (codes[finding.code] ?? 0) + 1;
      }
      return echo(peek.built, await peek.look());
    },
    { seed, objects: Number(values.objects) },
  );
  await probe.close();
  for (const failure of result.failures) process.stderr.write(`${textOf(failure)}\n`);
  process.stdout.write(`${JSON.stringify({ seed, failures: result.failures.length, alike, alone, codes })}\n`);
  return result.failures.length > 0 ? 1 : 0;
});
