/** A real overlay mount to look at from the terminal, in a mount namespace that only its own processes see. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Stage = {
  dir: string;
  /** Path of a thing on the stage. */
  at(name: string): string;
  /** Runs a script of sh in the stage's folder; gives what it prints. */
  sh(script: string): string;
  remove(): void;
};

/** Makes an empty stage. What is mounted below it is unmounted when it is removed, deepest first. */
export function makeStage(): Stage {
  const dir = mkdtempSync(join(tmpdir(), 'stratoscope-terminal-'));
  const sh = (script: string): string =>
    execFileSync('sh', ['-ec', script], { cwd: dir, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    dir,
    at: (name) => join(dir, name),
    sh,
    remove() {
      sh(
        `cd /; awk -v d="${dir}/" 'index($5, d) == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r m; do umount -l "$m"; done`,
      );
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/**
 * An upper and two lowers on a filesystem of their own: copied up, metacopy no, whiteouts, an opaque directory, a
 * redirect, hard links, what lies hidden, and names that are no UTF-8 or would act on a terminal.
 */
export const OVERLAY = `
mkdir fs; mount -t tmpfs fs fs
mkdir fs/l1 fs/l2 fs/u fs/w merged
mkdir -p fs/l2/d/x fs/l1/d fs/l2/gone/deep fs/l2/old/sub
echo one > fs/l1/a; echo two > fs/l2/b; echo three > fs/l2/d/f; echo four > fs/l2/d/x/hidden
echo five > fs/l2/link1; ln fs/l2/link1 fs/l2/link2; ln -s d/f fs/l2/sym; echo six > fs/l2/old/sub/file
echo deep > fs/l2/gone/deep/file
mkfifo fs/l1/fifo; mknod fs/l1/null c 1 3
printf bad > "$(printf 'fs/l1/bad\\377name')"; printf esc > "$(printf 'fs/l1/esc\\033[2J')"; printf nl > "$(printf 'fs/l1/new\\nline')"
mount -t overlay stage -o lowerdir=$PWD/fs/l1:$PWD/fs/l2,upperdir=$PWD/fs/u,workdir=$PWD/fs/w,redirect_dir=on merged
chmod 600 merged/a; rm merged/b; rm -r merged/d/x; mkdir merged/d/x; rm -r merged/gone; mv merged/old merged/renamed
echo new > merged/own
`;
