import { describe, expect, it } from 'vitest';
import { explainedOf } from '../../electron/cli/commands/explain.ts';
import { createEngine } from '../../electron/engine/index.ts';
import { asBytes } from '../../shared/bytes/bytes.ts';
import { Explained } from '../../shared/contract/explain.ts';
import { ScanObject } from '../../shared/contract/scan.ts';
import { engineContract } from '../../shared/ipc/engine.ts';
import { createClient, transportPair } from '../../shared/ipc/rpc.ts';
import { arrayOfHex, inodeOfFid, parseHandle } from '../../shared/xattrs/index.ts';
import { exactly, stratoscope } from './program.ts';
import { makeStage } from './stage.ts';

/** How a filesystem is made at `fs`, with the files of `src` in it. */
const FILESYSTEMS: Record<string, string> = {
  ext4: 'truncate -s 64M img; mkfs.ext4 -q -F img; mount -o loop img fs; cp -a src/. fs',
  xfs: 'truncate -s 400M img; mkfs.xfs -q -f img; mount -o loop img fs; cp -a src/. fs',
  btrfs: 'truncate -s 200M img; mkfs.btrfs -q -f img 2>/dev/null; mount -o loop img fs; cp -a src/. fs',
  tmpfs: 'mount -t tmpfs fs fs; cp -a src/. fs',
  squashfs: 'mksquashfs src img -quiet -noappend -no-progress >/dev/null; mount -o loop,ro img fs',
  erofs: 'mkfs.erofs img src >/dev/null 2>&1; mount -o loop,ro img fs',
};

/** Handles as this kernel writes them, for a lower on each filesystem. */
describe.skipIf(process.getuid?.() !== 0)('the origin of a file', () => {
  it.each(Object.keys(FILESYSTEMS))('copied up from %s names its inode', async (type) => {
    const stage = makeStage();
    try {
      stage.sh(`
        mkdir src src/d fs top merged; for name in f g d/h; do echo "$name" > "src/$name"; done
        ${FILESYSTEMS[type]}
        mount -t tmpfs top top; mkdir top/u top/w
        mount -t overlay o -o lowerdir=$PWD/fs,upperdir=$PWD/top/u,workdir=$PWD/top/w merged
        chmod 600 merged/f merged/d/h`);
      for (const path of ['f', 'd/h']) {
        const ino = stage.sh(`stat -c %i fs/${path}`).trim();
        const hex = stage.sh(
          `getfattr -h -e hex --only-values -n trusted.overlay.origin top/u/${path} | od -An -v -tx1 | tr -d ' \\n'`,
        );
        const parsed = parseHandle(arrayOfHex(hex) as Uint8Array);
        if ('problem' in parsed) throw new Error(parsed.problem);
        expect(String(inodeOfFid(type, parsed.type, parsed.fid))).toBe(ino);

        const run = await stratoscope(['explain', '--format', 'ndjson', stage.at('merged'), path]);
        const object = exactly(Explained, run.lines[1]);
        // squashfs has no uuid: the kernel wrote the handle and does not follow it.
        const states = type === 'squashfs' ? ['ignored', 'undecodable', 'foreign'] : ['verified'];
        expect(object.provenance).toBe('copied-up');
        expect(object.origin).not.toBe('unknown');
        if (object.origin === null || object.origin === 'unknown') throw new Error('no origin');
        expect(states).toContain(object.origin.state);
        if (type !== 'squashfs') expect([object.origin.layer, object.origin.ino]).toEqual([1, ino]);
        const field = object.xattrs
          .find(({ name }) => name.endsWith('origin'))
          ?.fields.find(({ label }) => label === 'inode');
        expect(field?.text).toBe(ino);
      }
    } finally {
      stage.remove();
    }
  });
});

/** What each damaged value is, the attribute and the value. */
const DAMAGED: [string, string, string][] = [
  ['a byte', 'origin', '00'],
  ['a header cut short', 'origin', '00fb1d0001'],
  ['longer by its own word than it is', 'origin', `00fbff0001${'11'.repeat(24)}`],
  ['shorter by its own word than a header', 'origin', `00fb050001${'11'.repeat(24)}`],
  ['a later version', 'origin', `01fb1d0001${'11'.repeat(24)}`],
  ['flags that are not known', 'origin', `00fb1df801${'11'.repeat(24)}`],
  ['400 bytes too many', 'origin', `00fb1d0001${'11'.repeat(24)}${'00'.repeat(400)}`],
  ['an overlay handle of nothing', 'origin', `00fb3500f8${'00'.repeat(48)}`],
  ['a metacopy header cut short', 'metacopy', '0000'],
  ['a digest too long', 'metacopy', `00ff0001${'ab'.repeat(120)}`],
  ['empty components', 'redirect', '2f2f'],
  ['a very long name', 'redirect', '61'.repeat(3000)],
  ['no number', 'nlink', '552b'],
  ['a thousand letters', 'opaque', '79'.repeat(1000)],
  ['half a uuid', 'uuid', '0011'],
  ['a mark that does not exist', 'nosuchmark', '00'],
];

it.skipIf(process.getuid?.() !== 0)('damaged marks end in an answer, on files and directories', async () => {
  const stage = makeStage();
  const stack = ['--lower', 'fs/l', '--upper', 'fs/u', '--work', 'fs/w'];
  try {
    const marks = DAMAGED.map(([, name, value], i) => {
      const at = String(i).padStart(2, '0');
      return `echo y > fs/u/f${at}; mkdir fs/u/d${at}; setfattr -n trusted.overlay.${name} -v 0x${value} fs/u/f${at} fs/u/d${at}`;
    });
    stage.sh(`mkdir fs; mount -t tmpfs fs fs; mkdir fs/l fs/u fs/w\n${marks.join('\n')}`);
    const scan = await stratoscope(['scan', ...stack], { cwd: stage.dir });
    expect([scan.status, scan.stderr]).toEqual([0, '']);
    expect(scan.lines.slice(1).map((one) => exactly(ScanObject, one))).toHaveLength(1 + 2 * DAMAGED.length);

    const [mine, theirs] = transportPair();
    const engine = createEngine(theirs);
    const client = createClient(engineContract, mine);
    const ref = {
      kind: 'directories' as const,
      lowers: [asBytes(stage.at('fs/l'))],
      upper: asBytes(stage.at('fs/u')),
      work: asBytes(stage.at('fs/w')),
    };
    for (const [i, [about, name, value]] of DAMAGED.entries()) {
      for (const kind of ['f', 'd']) {
        const path = asBytes(`${kind}${String(i).padStart(2, '0')}`);
        const { detail } = await client.call('explain', { stack: ref, path });
        const object = exactly(Explained, explainedOf(detail));
        const xattr = object.xattrs.find((one) => one.name === `trusted.overlay.${name}`);
        expect([about, xattr?.value]).toEqual([about, value]);
        for (const { from, to } of xattr?.fields ?? []) {
          expect([about, from <= to && to <= value.length / 2]).toEqual([about, true]);
        }
        if (name === 'origin' && kind === 'f') {
          const state = object.origin === null || object.origin === 'unknown' ? object.origin : object.origin.state;
          expect([about, ['ignored', 'undecodable', 'foreign']]).toEqual([about, expect.arrayContaining([state])]);
        }
      }
    }
    await engine.close();
  } finally {
    stage.remove();
  }
});
