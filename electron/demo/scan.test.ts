import { spawn } from 'node:child_process';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { asBytes, type Bytes } from '../../shared/bytes/bytes.ts';
import * as contract from '../../shared/contract/scan.ts';
import { demoScript } from './index.ts';
import { pathOf, type Scan, scan, valuesOf, withoutNumbers } from './testing/scan.ts';
import {
  type Held,
  holdDemo,
  isRoot,
  kind,
  listing,
  PLAIN_UID,
  plainDirectory,
  reach,
  usernsRefused,
} from './testing/witness.ts';

const AS_PLAIN = isRoot ? ['setpriv', `--reuid=${PLAIN_UID}`, `--regid=${PLAIN_UID}`, '--clear-groups'] : [];
const WITHOUT_HANDLES = ['setpriv', '--bounding-set=-dac_read_search', '--inh-caps=-dac_read_search'];
const userns = usernsRefused();

/** What takes a btrfs, a spoilt upper, two other filesystems or luck: electron/engine/findings makes those. */
const NOT_IN_DEMO: ReadonlySet<string> = new Set<contract.FindingCode>([
  'same-number-two-files',
  'marks-lost',
  'ino-over-2^53',
  'ino-reused',
]);

/** The contract's enumerations. `unknown` is not one of their words everywhere, and marks have a form of their own. */
const ENUMERATIONS = {
  type: contract.EntryType.options,
  // ESTALE is no word of the contract, and needs an upper that was spoilt by hand under an index: e2e/kernel makes those.
  lookup: contract.Lookup.options.filter((word) => word !== 'ESTALE'),
  provenance: contract.Provenance.options,
  hiddenBy: contract.HiddenBy.options,
  mark: contract.Mark.options,
  role: contract.EntryRole.options,
  origin: contract.OriginState.options,
  finding: contract.FindingCode.options.filter((code) => !NOT_IN_DEMO.has(code)),
} satisfies Record<string, readonly string[]>;

const missingFrom = (scans: Scan[]): Record<string, string[]> => {
  const values = valuesOf(...scans);
  return Object.fromEntries(
    Object.entries(ENUMERATIONS)
      .map(([name, words]) => [name, words.filter((word) => !values[name]?.has(word))] as const)
      .filter(([, words]) => words.length > 0),
  );
};

/** What no form without privilege can show, and why. */
const NEEDS_ROOT = {
  type: ['char', 'block'], // mknod of a device is refused
  lookup: ['EACCES', 'unknown'], // no redirect is followed; no origin is decoded, so none is shared
  provenance: ['unknown'], // every mark can be read
  role: ['data', 'origin'], // no metacopy is followed, and a mount of a user namespace decodes no handle
  origin: ['verified', 'stale', 'undecodable', 'unverified', 'by-path'], // the same
  finding: ['volatile-dir-ino', 'dino-differs', 'foreign-st-dev', 'origin-shared'], // all lies on one filesystem
};

const parentOf = (path: Bytes): Bytes => asBytes(path.slice(0, Math.max(0, path.lastIndexOf('/'))));

/** Compares each answer of a scan with the kernel's, wherever the kernel gets so far as to look the name up. */
function differences(demo: Held['demo'], mount: string, { objects }: Scan): string[] {
  const at = (path: Bytes): Buffer => reach(demo, path === '' ? mount : `${mount}/${path}`);
  const lookups = new Map(objects.map((object) => [pathOf(object), object.lookup]));
  const out: string[] = [];
  for (const object of objects) {
    const path = pathOf(object);
    if (path !== '' && lookups.get(parentOf(path)) !== 'ok') continue;
    const answer = kind(at(path)).replace('ENOTDIR', 'ENOENT');
    const predicted = object.lookup === 'ok' ? object.type : object.lookup;
    if (predicted !== 'unknown' && predicted !== answer) out.push(`${path}: ${predicted}, but ${answer}`);
    if (object.type !== 'dir' || object.lookup !== 'ok') continue;
    const children = objects.filter((child) => pathOf(child) !== '' && parentOf(pathOf(child)) === path);
    const named = (listed: boolean | 'unknown'): string[] =>
      children
        .filter((child) => child.listed === listed)
        .map((child) => pathOf(child).slice(path === '' ? 0 : path.length + 1));
    const unsure = named('unknown');
    const names = listing(at(path)).filter((name) => !unsure.includes(name));
    if (names.join('\0') !== named(true).sort().join('\0')) out.push(`${path}: lists ${names}, not ${named(true)}`);
  }
  return out;
}

describe.runIf(isRoot)('the scan of the demo as root (elsewhere skipped: it needs uid 0)', () => {
  let parent = '';
  let held: Held;
  let scans: { name: string; mount: string; scan: Scan }[] = [];
  const words = (mount: string): string[] => ['--pid', String(held.demo.pid), mount];
  beforeAll(async () => {
    parent = plainDirectory('scan');
    // Reading with less privilege goes without that of searching closed directories.
    chmodSync(parent, 0o755);
    held = await holdDemo(join(parent, 'demo'), { form: 'root' });
    scans = held.demo.stacks.map(({ name, mount }) => ({ name, mount: mount ?? '', scan: scan(words(mount ?? '')) }));
  });
  afterAll(async () => {
    await held?.end();
    rmSync(parent, { recursive: true });
  });

  it('has every value of the contract, some for readers with less privilege', () => {
    const main = held.demo.stacks[0]?.mount ?? '';
    const full = scans.map((one) => one.scan);
    expect(missingFrom(full)).toEqual({ provenance: ['unknown'], origin: ['unverified'] });
    const byLesser = [scan(words(main), WITHOUT_HANDLES), scan(words(main), AS_PLAIN)];
    expect(missingFrom([...full, ...byLesser])).toEqual({});
  });

  it('has what each step says that it makes', () => {
    const paths = new Map(scans.map(({ name, scan: one }) => [name, new Set<string>(one.objects.map(pathOf))]));
    for (const { command, makes, stacks } of held.demo.steps) {
      const absent = makes.filter((path) => !stacks.some((stack) => paths.get(stack)?.has(path)));
      expect(absent, command).toEqual([]);
    }
  });

  it('says of each name what the kernel says', () => {
    for (const { name, mount, scan: one } of scans) expect(differences(held.demo, mount, one), name).toEqual([]);
  });
});

describe.skipIf(userns !== null)(
  `the scan of the demo without privilege${userns ? ` (skipped: ${userns})` : ''}`,
  () => {
    let parent = '';
    let mounted: Held;
    let plain: Held;
    let scans: [mounted: Scan, plain: Scan];
    beforeAll(async () => {
      parent = plainDirectory('scan');
      mounted = await holdDemo(join(parent, 'mounted'), { plain: true, form: 'userns' });
      plain = await holdDemo(join(parent, 'plain'), { plain: true, form: 'directories' });
      const { dir } = plain.demo;
      const layers = ['site', 'nginx', 'base'].flatMap((name) => ['--lower', join(dir, name)]);
      scans = [
        scan(['--pid', String(mounted.demo.pid), mounted.demo.mount ?? ''], AS_PLAIN),
        scan(
          [...layers, '--upper', join(dir, 'upper'), '--work', join(dir, 'work'), '--options', 'userxattr'],
          AS_PLAIN,
        ),
      ];
    });
    afterAll(async () => {
      await mounted?.end();
      await plain?.end();
      rmSync(parent, { recursive: true });
    });

    it('has every value of the contract but those that need root', () => {
      for (const one of scans) expect(missingFrom([one])).toEqual(NEEDS_ROOT);
    });
    it('is the same for a mount and for plain directories', () => {
      // The kernel gives its whiteouts mode 0, mknod does not.
      const comparable = (one: Scan) =>
        one.objects.map((object) => ({
          ...withoutNumbers(object),
          mode: object.type === 'whiteout' ? null : object.mode,
        }));
      expect(comparable(scans[1])).toEqual(comparable(scans[0]));
    });
    it('says of each name what the kernel says', () => {
      expect(differences(mounted.demo, mounted.demo.mount ?? '', scans[0])).toEqual([]);
    });
  },
);

describe.runIf(isRoot)('the script by hand, as root (elsewhere skipped: it needs uid 0)', () => {
  let parent = '';
  beforeEach(() => {
    parent = plainDirectory('scan');
  });
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('gives the same scan as what the builder makes', async () => {
    const held = await holdDemo(join(parent, 'built'), { form: 'root' });
    const script = join(parent, 'demo.sh');
    const dir = join(parent, 'by-hand');
    writeFileSync(script, demoScript('root'));
    const env = { ...process.env, NODE: process.execPath };
    const shell = ['--mount', 'sh', '-c', 'sh "$1" "$2" >&2 && echo ready && exec cat', 'by-hand', script, dir];
    const person = spawn('unshare', shell, { env, stdio: ['pipe', 'pipe', 'ignore'] });
    const ended = new Promise((resolve) => person.once('close', resolve));
    try {
      expect((await createInterface({ input: person.stdout })[Symbol.asyncIterator]().next()).value).toBe('ready');
      for (const { name, mount } of held.demo.stacks) {
        const built = scan(['--pid', String(held.demo.pid), mount ?? '']);
        const byHand = scan(['--pid', String(person.pid), join(dir, (mount ?? '').slice(held.demo.dir.length))]);
        expect(built.objects.length, name).toBeGreaterThan(5);
        expect(byHand.objects.map(withoutNumbers), name).toEqual(built.objects.map(withoutNumbers));
      }
    } finally {
      person.stdin.end();
      await ended;
      await held.end();
    }
  });
});
