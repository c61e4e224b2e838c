/**
 * What `npm test` needs of the machine beyond Node and npm. As root on Debian (and its kin) what is missing is
 * installed; elsewhere it is named in one line.
 *
 *   node scripts/system.ts     sees to it; exit status 1 where something stays missing
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

type Need = {
  /** Debian's package; where releases name it differently, all names. */
  packages: readonly [string, ...string[]];
  /** A command or a library (NAME.so…) that shows that it is there, whatever installed it. */
  proof: string;
};

const need = (proof: string, ...packages: [string, ...string[]]): Need => ({ packages, proof });

/** The window and the browser form: a display, the libraries that Electron links, a browser. */
const DISPLAY: readonly Need[] = [
  need('Xvfb', 'xvfb'),
  need('xauth', 'xauth'),
  need('chromium', 'chromium'),
  need('libgtk-3.so.0', 'libgtk-3-0', 'libgtk-3-0t64'),
  need('libnss3.so', 'libnss3'),
  need('libasound.so.2', 'libasound2', 'libasound2t64'),
  need('libXss.so.1', 'libxss1'),
  need('libgbm.so.1', 'libgbm1'),
  need('libXtst.so.6', 'libxtst6'),
  need('dbus-daemon', 'dbus'),
  // pip brings the tests' Electron.
  need('pip3', 'python3-pip'),
];

/** Filesystems that layers lie on, and what looks at them. */
const FILESYSTEMS: readonly Need[] = [
  need('mkfs.ext4', 'e2fsprogs'),
  need('mkfs.xfs', 'xfsprogs'),
  need('mkfs.btrfs', 'btrfs-progs'),
  need('mksquashfs', 'squashfs-tools'),
  need('mkfs.erofs', 'erofs-utils'),
  need('getfattr', 'attr'),
  need('fusermount3', 'fuse3'),
  need('fuse-overlayfs', 'fuse-overlayfs'),
  need('unionfs', 'unionfs-fuse'),
  need('losetup', 'mount'),
];

/** Other users, other privilege, other system calls. */
const PRIVILEGE: readonly Need[] = [
  need('setpriv', 'util-linux'),
  need('capsh', 'libcap2-bin'),
  need('newuidmap', 'uidmap'),
  need('sudo', 'sudo'),
  need('pkexec', 'pkexec', 'policykit-1'),
  need('strace', 'strace'),
  need('gcc', 'gcc'),
  need('git', 'git'),
  need('rsync', 'rsync'),
  need('/usr/include/x86_64-linux-gnu/sys/stat.h', 'libc6-dev'),
  need('ip', 'iproute2'),
  need('ps', 'procps'),
  need('man', 'man-db'),
];

const NEEDS: readonly Need[] = [...DISPLAY, ...FILESYSTEMS, ...PRIVILEGE];

/** Programs of root's are in sbin, which a plain user's PATH leaves out. */
const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];

function isThere(proof: string, libraries: string): boolean {
  if (proof.includes('.so')) return libraries.includes(`\t${proof} `);
  if (proof.startsWith('/')) return existsSync(proof) || process.arch !== 'x64';
  return FOLDERS.some((folder) => folder !== '' && existsSync(join(folder, proof)));
}

function missing(): Need[] {
  const ldconfig = FOLDERS.map((folder) => join(folder, 'ldconfig')).find((path) => existsSync(path));
  const libraries = ldconfig === undefined ? '' : execFileSync(ldconfig, ['-p'], { encoding: 'utf8' });
  return NEEDS.filter(({ proof }) => !isThere(proof, libraries));
}

/** The name under which this release has it. */
function packageOf({ packages }: Need): string {
  const known = packages.find((name) => {
    const { stdout } = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' });
    return /^\s+Candidate: (?!\(none\))/m.test(stdout);
  });
  return known ?? packages[0];
}

/** Installs what is missing where it can. Returns what stays missing, as one line; null if nothing does. */
export function seeToSystem(): string | null {
  let lacking = missing();
  if (lacking.length === 0) return null;
  const canInstall = process.getuid?.() === 0 && existsSync('/usr/bin/apt-get');
  if (canInstall) {
    const apt = (...args: string[]): void => {
      execFileSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    };
    try {
      console.log(`Installing what the tests need: ${lacking.map(({ packages }) => packages[0]).join(' ')}`);
      apt('update');
      apt('install', '--yes', '--no-install-recommends', ...new Set(lacking.map(packageOf)));
    } catch (error) {
      console.error(`apt-get: ${error instanceof Error ? error.message : String(error)}`);
    }
    lacking = missing();
  }
  if (lacking.length === 0) return null;
  const names = lacking.map(({ packages, proof }) => `${packages[0]} (${proof})`).join(', ');
  return `npm test needs what this machine lacks: ${names}`;
}

if (process.argv[1] === import.meta.filename) {
  const lack = seeToSystem();
  if (lack !== null) {
    console.error(lack);
    process.exitCode = 1;
  }
}
