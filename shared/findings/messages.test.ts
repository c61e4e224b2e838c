import { expect, test } from 'vitest';
import { asBytes, bytesOfText } from '../bytes/bytes.ts';
import { FindingCode } from '../contract/scan.ts';
import { codesOfMessage, FINDINGS } from './index.ts';
import { pathsIn } from './messages.ts';

test('there is a finding for each code, in order, and each has messages', () => {
  expect(FINDINGS.map(({ code }) => code)).toEqual(FindingCode.options);
  for (const { messages, title, rule, code } of FINDINGS) {
    expect(messages.length, code).toBeGreaterThan(0);
    expect(title, code).not.toMatch(/\.$/);
    expect(rule, code).toMatch(/: /);
  }
});

test.each([
  ["ls: cannot access 'm/z': Stale file handle", ['origin-shared', 'origin-stale']],
  ['mv: cannot move ‘a’ to ‘b’: Invalid cross-device link', ['rename-exdev']],
  ["cp: 'm/a' and 'm/b' are the same file", ['same-number-two-files']],
  ['tar: d1: Directory renamed before its status could be extracted', ['volatile-dir-ino']],
  ['Error: EXDEV: cross-device link not permitted, rename', ['rename-exdev']],
  ["tail: 'f' HAS BEEN   replaced;  following new file", ['ino-lost-after-eviction', 'hardlink-split', 'origin-stale']],
  ['what is marks-lost?', ['marks-lost']],
  ['all is well', []],
])('%s', (text, codes) => expect(codesOfMessage(bytesOfText(text))).toEqual(codes));

test('paths that a message names, below the mount', () => {
  const paths = pathsIn(
    bytesOfText("cp: '/srv/web/a b' and “etc/x”: x: /srv/web/etc/ ./d/ /srv/webs"),
    asBytes('/srv/web'),
  );
  expect(paths).toEqual(['cp', 'a b', 'and', 'etc/x', 'x', 'etc', 'd', 'srv/webs']);
});
