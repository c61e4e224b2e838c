import { expect, test } from 'vitest';
import { renameExdev } from './rename-exdev.ts';
import { directoryOf, findingStack, subjectOf, told } from './testing.ts';

const follow = findingStack({}, { redirectDir: 'follow' });

test.each(['lower', 'merged'] as const)('a %s directory without redirect_dir=on', (provenance) => {
  const said = told(renameExdev, directoryOf({ provenance }), follow);
  expect(said).toMatchObject({ severity: 'note', evidence: { redirectDir: 'follow', provenance }, commands: [] });
  expect(said?.cure).toContain('redirect_dir=on');
});

test('a mount that takes no redirects has another cure', () => {
  const stack = findingStack({ marks: 'user' }, { redirectDir: 'nofollow' });
  expect(told(renameExdev, directoryOf(), stack)?.cure).toContain('Copy it');
});

test('a path of more bytes than a redirect holds', () => {
  expect(told(renameExdev, directoryOf({ redirectLength: 257 }))?.what).toContain('257 bytes, and 256');
  expect(told(renameExdev, directoryOf({ redirectLength: 256 }))).toBeNull();
  expect(
    told(renameExdev, directoryOf({ redirectLength: 101 }), findingStack({}, {}, { redirectMax: 100 })),
  ).not.toBeNull();
});

test('is silent about files, the root, the upper’s own, what is not known, and mounts that take no writes', () => {
  for (const subject of [
    subjectOf(),
    directoryOf({ isRoot: true }),
    directoryOf({ provenance: 'upper' }),
    directoryOf({ provenance: 'unknown' }),
    directoryOf({ lookup: 'EPERM' }),
  ])
    expect(told(renameExdev, subject, follow)).toBeNull();
  const readonly = findingStack({}, { redirectDir: 'follow' }, { writable: false });
  expect(told(renameExdev, directoryOf(), readonly)).toBeNull();
});
