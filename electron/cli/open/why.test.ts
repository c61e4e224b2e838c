import { expect, test } from 'vitest';
import { type ReadNumber, whyNoWindow } from './why.ts';
import type { WindowEnding } from './window.ts';

const ended = (part: Partial<WindowEnding>): WindowEnding => ({
  code: 1,
  signal: null,
  words: '',
  failure: null,
  timedOut: false,
  ...part,
});
const silent: ReadNumber = () => null;
const switches =
  (set: Record<string, number>): ReadNumber =>
  (path) =>
    set[path] ?? null;
const why = (part: Partial<WindowEnding>, read = silent) => whyNoWindow(ended(part), '/opt/electron/electron', read);

// What Electron 22 and 45 wrote where each was seen.
const SANDBOX = [
  '[2441:1124/1:FATAL:zygote_host_impl_linux.cc(117)] No usable sandbox! Update your kernel or see https://…',
  '[2441:1124/1:FATAL:setuid_sandbox_host.cc(157)] The SUID sandbox helper binary was found, but is not configured correctly. Rather than run without sandboxing I am aborting now.',
];

test.each(SANDBOX)('a refused sandbox is told by the switch that refused it: %s', (words) => {
  const apparmor = switches({ '/proc/sys/kernel/apparmor_restrict_unprivileged_userns': 1 });
  expect(why({ words, signal: 'SIGTRAP', code: null }, apparmor)).toEqual({
    cause: expect.stringContaining('AppArmor'),
    cure: expect.stringContaining('chmod 4755 /opt/electron/chrome-sandbox'),
  });
  expect(why({ words }, switches({ '/proc/sys/kernel/unprivileged_userns_clone': 0 })).cause).toContain(
    'kernel.unprivileged_userns_clone is 0',
  );
  expect(why({ words }, switches({ '/proc/sys/user/max_user_namespaces': 0 })).cause).toContain(
    'user.max_user_namespaces is 0',
  );
  expect(why({ words }).cause).toContain('no user namespace');
});

test('no cure ever takes the sandbox away', () => {
  for (const words of SANDBOX) expect(why({ words }).cure).not.toContain('no-sandbox');
});

test('a missing library is named with its package', () => {
  const words =
    '/opt/electron/electron: error while loading shared libraries: libnss3.so: cannot open shared object file';
  expect(why({ words, code: 127 })).toEqual({
    cause: 'Electron needs the library libnss3.so, which is missing',
    cure: 'install libnss3 (apt-get install libnss3)',
  });
  expect(why({ words: words.replace('libnss3.so', 'libodd.so.9') }).cure).toContain('libodd.so.9');
});

test('a display that does not answer', () => {
  expect(why({ words: '[1:ERROR:ozone_platform_x11.cc(238)] Missing X server or $DISPLAY' }).cause).toContain(
    'DISPLAY',
  );
});

test('what the system says of a program that is none', () => {
  expect(why({ failure: 'spawn /opt/electron/electron EACCES', code: null }).cause).toContain('EACCES');
});

test('anything else is told as it was', () => {
  expect(why({ code: null, signal: 'SIGSEGV', words: 'one\ntwo\n' }).cause).toBe(
    'Electron ended by SIGSEGV before its window stood (two)',
  );
  expect(why({ timedOut: true, signal: 'SIGKILL', code: null }).cause).toContain('no window came');
});
