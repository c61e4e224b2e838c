/** Why there is no window, and what would mend it: one sentence each, from what Electron left behind. */
import { readFileSync } from 'node:fs';
import type { WindowEnding } from './window.ts';

export type Why = { cause: string; cure: string };

/** Debian's packages of the libraries that Electron links and a small installation lacks. */
const PACKAGES: Readonly<Record<string, string>> = {
  'libgtk-3.so.0': 'libgtk-3-0',
  'libgdk-3.so.0': 'libgtk-3-0',
  'libnss3.so': 'libnss3',
  'libnssutil3.so': 'libnss3',
  'libsmime3.so': 'libnss3',
  'libnspr4.so': 'libnspr4',
  'libasound.so.2': 'libasound2',
  'libgbm.so.1': 'libgbm1',
  'libatk-1.0.so.0': 'libatk1.0-0',
  'libatk-bridge-2.0.so.0': 'libatk-bridge2.0-0',
  'libatspi.so.0': 'libatspi2.0-0',
  'libcups.so.2': 'libcups2',
  'libdrm.so.2': 'libdrm2',
  'libdbus-1.so.3': 'libdbus-1-3',
  'libxkbcommon.so.0': 'libxkbcommon0',
  'libX11.so.6': 'libx11-6',
  'libXcomposite.so.1': 'libxcomposite1',
  'libXdamage.so.1': 'libxdamage1',
  'libXfixes.so.3': 'libxfixes3',
  'libXrandr.so.2': 'libxrandr2',
  'libpango-1.0.so.0': 'libpango-1.0-0',
  'libcairo.so.2': 'libcairo2',
};

/** A number that the kernel shows in a file; null where there is no such file. */
export type ReadNumber = (path: string) => number | null;

const readNumber: ReadNumber = (path) => {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10);
  } catch {
    return null;
  }
};

/** What ended Electron before its window stood. `executable` is Electron's file; `read` serves tests. */
export function whyNoWindow(ending: WindowEnding, executable: string, read: ReadNumber = readNumber): Why {
  const { code, signal, words, failure, timedOut } = ending;
  if (failure !== null) {
    return {
      cause: `Electron could not be started (${failure})`,
      cure: `see that ${executable} is a program for this machine`,
    };
  }
  const library = words.match(/error while loading shared libraries: ([^:\s]+):/)?.[1];
  if (library !== undefined) {
    const name = PACKAGES[library];
    return {
      cause: `Electron needs the library ${library}, which is missing`,
      cure:
        name === undefined ? `install the package that holds ${library}` : `install ${name} (apt-get install ${name})`,
    };
  }
  if (/Missing X server|cannot open display|Unable to open X display|Failed to connect to Wayland/i.test(words)) {
    return {
      cause: 'the display that DISPLAY or WAYLAND_DISPLAY names does not answer',
      cure: 'set it to one that runs, or allow access to it (xhost, XAUTHORITY)',
    };
  }
  if (
    /No usable sandbox|SUID sandbox helper|Failed to move to new namespace|sandbox.*Operation not permitted/i.test(
      words,
    )
  ) {
    return whyNoSandbox(executable, read);
  }
  if (/Running as root without --no-sandbox/.test(words)) {
    return { cause: "Chromium's sandbox refuses root", cure: 'start it as a plain user, or with --as-root' };
  }
  if (timedOut) return { cause: 'Electron ran, but no window came', cure: 'see that the display works' };
  const last = words.trim().split('\n').pop()?.trim() ?? '';
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  return {
    cause: `Electron ended ${how} before its window stood${last === '' ? '' : ` (${last})`}`,
    cure: `run ${executable} --version to see whether it works at all`,
  };
}

/** Which of the kernel's switches refused the user namespace that Chromium's sandbox stands on. */
function whyNoSandbox(executable: string, read: ReadNumber): Why {
  const helper = executable.replace(/[^/]*$/, 'chrome-sandbox');
  const orHelper = `or give it the helper: sudo chown root:root ${helper} && sudo chmod 4755 ${helper}`;
  if (read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === 1) {
    return {
      cause:
        "AppArmor refuses Chromium's sandbox (kernel.apparmor_restrict_unprivileged_userns is 1, as on Ubuntu 24.04)",
      cure: `give ${executable} an AppArmor profile with userns, ${orHelper}`,
    };
  }
  if (read('/proc/sys/kernel/unprivileged_userns_clone') === 0) {
    return {
      cause: "the kernel refuses Chromium's sandbox (kernel.unprivileged_userns_clone is 0)",
      cure: `sudo sysctl kernel.unprivileged_userns_clone=1, ${orHelper}`,
    };
  }
  if (read('/proc/sys/user/max_user_namespaces') === 0) {
    return {
      cause: "the kernel refuses Chromium's sandbox (user.max_user_namespaces is 0)",
      cure: `sudo sysctl user.max_user_namespaces=10000, ${orHelper}`,
    };
  }
  return {
    cause: "Chromium's sandbox is refused here (no user namespace, as in a chroot or a container)",
    cure: `allow user namespaces, ${orHelper}`,
  };
}
