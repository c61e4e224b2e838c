/** An overlay over two filesystems, on which something is the matter. As root. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const build = (xino: 'on' | 'off'): string => `
set -eu
truncate -s 32M base.img && mkfs.ext4 -q base.img && mkdir base fs && mount -o loop base.img base
mount -t tmpfs -o size=16m stratoscope-e2e fs
mkdir -p base/l/etc base/l/opt fs/upper fs/work fs/merged
printf 'root\\n' > base/l/etc/shadow; ln base/l/etc/shadow base/l/etc/shadow-
printf 'a\\n' > base/l/etc/passwd; printf 'b\\n' > base/l/opt/tool
mount -t overlay stratoscope-e2e -o xino=${xino},lowerdir=$PWD/base/l,upperdir=$PWD/fs/upper,workdir=$PWD/fs/work fs/merged
printf 'x\\n' >> fs/merged/etc/shadow
chmod 600 fs/merged/etc/passwd
`;

export type MixedOverlay = { mount: string; lower: string; remove(): void };

/**
 * In inode mode none, or with xino. etc/shadow is a name of a hard link that was copied up alone; etc/passwd was copied
 * up; the rest is the lower's.
 */
export function makeMixedOverlay(xino: 'on' | 'off' = 'off'): MixedOverlay {
  const folder = mkdtempSync(join(tmpdir(), 'stratoscope-e2e-'));
  const run = (script: string): void => {
    execFileSync('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const remove = (): void => {
    run('for at in fs/merged fs base; do umount -l $at 2>/dev/null || :; done');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run(build(xino));
  } catch (error) {
    remove();
    throw error;
  }
  return { mount: join(folder, 'fs/merged'), lower: join(folder, 'base/l'), remove };
}
