/** A small overlay mount on a filesystem of its own, for the scenarios of the window. As root. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TestOverlay = {
  folder: string;
  /** Where it is mounted. */
  mount: string;
  layer(name: 'upper' | 'site' | 'base'): string;
  /** Unmounts and removes everything. */
  remove(): void;
};

const BUILD = `
set -eu
mkdir fs && mount -t tmpfs -o size=16m stratoscope-e2e fs && cd fs
mkdir upper work site base merged
mkdir -p base/etc base/srv/www/v1/img base/usr/bin base/var/log site/etc site/srv/www
printf 'root:x:0:0\\n' > base/etc/passwd; printf 'web-1\\n' > base/etc/hostname; printf 'hello\\n' > base/etc/motd
printf 'old\\n' > base/srv/www/v1/app.js; printf '<svg/>' > base/srv/www/v1/img/logo.svg
printf '<h1>site</h1>' > site/srv/www/index.html; ln -s v1 site/srv/www/current; ln -s usr/bin base/bin
printf 'log\\n' > base/var/log/dpkg.log; printf 'a=1\\n' > site/etc/app.conf
printf 'x' > 'base/srv/www/<img src=x onerror=alert(1)>'
printf 'x' > "$(printf 'base/srv/www/line\\nbreak \\033[31m\\342\\200\\256gnp')"
mount -t overlay stratoscope-e2e -o lowerdir=$PWD/site:$PWD/base,upperdir=$PWD/upper,workdir=$PWD/work,redirect_dir=on merged
cd merged
printf 'web:x:1:1\\n' >> etc/passwd
rm etc/motd
mv srv/www/v1 srv/www/v2
printf 'new\\n' > var/log/new.log
`;

/** Builds it with ordinary commands, through the mount. */
export function makeOverlay(): TestOverlay {
  const folder = mkdtempSync(join(tmpdir(), 'stratoscope-e2e-'));
  const run = (script: string): void => {
    execFileSync('bash', ['-c', script], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const remove = (): void => {
    run('umount -l fs/merged 2>/dev/null || :; umount -l fs 2>/dev/null || :');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    run(BUILD);
  } catch (error) {
    remove();
    throw error;
  }
  return { folder, mount: join(folder, 'fs/merged'), layer: (name) => join(folder, 'fs', name), remove };
}
