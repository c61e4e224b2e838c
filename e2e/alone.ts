/** Runs a program where no overlay but its own is mounted: in mount and process namespaces of its own. As root. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

let made = 0;

/** Writes a program below `folder` that runs `command`, its own arguments behind, and returns its path. */
export async function aloneProgram(folder: string, command: readonly string[]): Promise<string> {
  const path = join(folder, `alone-${made++}`);
  const words = command.map((word) => `"${word}"`).join(' ');
  await writeFile(
    path,
    `#!/bin/sh
exec unshare --mount --pid --fork --kill-child --mount-proc sh -c '
cat /proc/self/mountinfo | while read -r _ _ _ _ at rest; do
  case $rest in *" - overlay "*) umount -l "$(printf %b "$at")" ;; esac
done
${words} "$@"
# When the first process ends, the kernel kills the others at once: what still tidies up is waited for.
for turn in $(seq 50); do
  [ "$(ps -e -o pid= | wc -l)" -gt 4 ] || break
  sleep 0.1
done' sh "$@"
`,
  );
  await chmod(path, 0o755);
  return path;
}
