import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FindingLaboratory } from '../testing/findings.ts';
import { cannotMount } from '../testing/laboratory.ts';

let lab: FindingLaboratory;
beforeEach(() => {
  lab = new FindingLaboratory();
});
afterEach(() => lab.end());

describe.skipIf(cannotMount !== null)(`findings of numbers${cannotMount ? ` (${cannotMount})` : ''}`, () => {
  /** A lower on ext4 under an upper on xfs; a copied-up file, a lower one, a directory. */
  async function twoFilesystems(options: string): Promise<void> {
    lab.sh('mkdir -p src/d; echo f > src/f; echo g > src/d/g');
    lab.filesystem('ext4', 'low', 'src');
    lab.filesystem('xfs', 'top');
    lab.sh('mkdir top/u top/w; rmdir low/lost+found');
    lab.overlay('m', `lowerdir=${lab.at('low')},upperdir=top/u,workdir=top/w,${options}`);
    lab.sh('chmod 600 m/f');
  }

  test('two filesystems without xino: counted directories, pseudo devices, other numbers in listings', async () => {
    await twoFilesystems('xino=off');
    const found = await lab.findings('m');
    expect(found.of('volatile-dir-ino')).toEqual(['', 'd']);
    expect(found.of('foreign-st-dev')).toEqual(['d/g', 'f']);
    expect(found.of('dino-differs')).toEqual(['d', 'f']);
    // What the kernel says: the directory's number changes once it is dropped.
    const before = lab.sh('stat -c %i m/d m/f m/d/g');
    lab.dropCaches();
    const after = lab.sh('stat -c %i m/f m/d/g m/d');
    expect(before.split('\n')[0]).not.toBe(after.split('\n')[2]);
    expect(before.split('\n').slice(1, 3)).toEqual(after.split('\n').slice(0, 2));
    expect(lab.sh('stat -c %d m/f')).not.toBe(lab.sh('stat -c %d m'));
    expect(lab.listed('m', 'f')).not.toBe(lab.sh('stat -c %i m/f').trim());
  });

  test('the same with xino has none of these, but numbers beyond a double', async () => {
    await twoFilesystems('xino=on');
    const found = await lab.findings('m');
    for (const code of ['volatile-dir-ino', 'foreign-st-dev', 'dino-differs'] as const)
      expect(found.of(code)).toEqual([]);
    expect(found.of('ino-over-2^53')).toEqual(['d', 'd/g', 'f']);
    const [finding] = found.rows.filter(({ code, path }) => code === 'ino-over-2^53' && path === 'f');
    const ino = lab.sh('stat -c %i m/f').trim();
    expect(finding?.evidence).toMatchObject({ ino, asDouble: String(BigInt(Number(ino))) });
    expect(BigInt(Number(ino))).not.toBe(BigInt(ino));
  });
});
