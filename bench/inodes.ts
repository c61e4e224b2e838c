/** What predicting the inode numbers adds to a scan. */
import { Inodes } from '../electron/engine/inodes.ts';
import { ProbeHolder } from '../electron/engine/machine.ts';
import { StackScan } from '../electron/engine/scan.ts';
import { compared, type Measure, type Sample } from './measure.ts';
import { refOf } from './scan.ts';
import { treeOf } from './trees.ts';

/**
 * `inodes-share`: time of predicting every object's numbers (device, st_ino, d_ino, links, whether they last, and why)
 * against that of the scan which the facts come from: reading, merging, verified origins. The engine's code runs in
 * this process, so that both are timed apart; the probe is a process of its own, as always.
 */
export async function inodesShare(rounds: number, say: (line: string) => void): Promise<Measure> {
  const tree = treeOf('170k', say);
  const probe = new ProbeHolder(say);
  const scans: Sample[] = [];
  const predictions: Sample[] = [];
  let objects = 0;
  try {
    for (let turn = -1; turn < rounds; turn++) {
      const started = performance.now();
      const scan = new StackScan(await probe.resolve(refOf(tree)), probe.client, { targets: false, through: false });
      await scan.run();
      const failed = scan.error ?? scan.layers.find(({ error }) => error)?.error;
      if (failed) throw new Error(`the scan of ${tree.mount} is not whole: ${failed.message}`);
      const read = performance.now();
      const cpu = process.cpuUsage();
      const inodes = new Inodes(scan);
      objects = 0;
      for (let id = 0; id < scan.objects.count; id++) if (inodes.shown(id) !== null) objects++;
      const predicted = performance.now();
      const { user, system } = process.cpuUsage(cpu);
      if (turn < 0) continue;
      scans.push({ value: read - started });
      predictions.push({ value: predicted - read, cpuMs: (user + system) / 1000 });
    }
  } finally {
    await probe.close();
  }
  return { ...compared('inodes-share', 'ms', 'the scan itself', predictions, scans), objects };
}
