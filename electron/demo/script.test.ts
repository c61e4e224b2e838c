import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Bytes } from '../../shared/bytes/bytes.ts';
import { type DemoForm, DemoManifest, MANIFEST_NAME, madeBy, stepsFor } from '../../shared/demo/manifest.ts';
import { demoScript } from './index.ts';
import { demoSteps } from './script.ts';
import { parseWalk, type Walk, walkCommand, walkIn } from './testing/walk.ts';
import { type Held, holdDemo, isRoot, PLAIN_UID, plainDirectory, usernsRefused } from './testing/witness.ts';

const LAYERS = ['base', 'nginx', 'site', 'upper'];

/** The stack that a walked tree is, or is a layer of, where that is not main. */
const STACK_OF: Record<string, string> = {
  cautious: 'cautious',
  restored: 'restored',
  backup: 'restored',
  'restore-upper': 'restored',
};
const userns = usernsRefused();

type Case = { form: DemoForm; trees: string[]; mounts: string[]; why: string | null };
const CASES: Case[] = [
  {
    form: 'root',
    trees: [...LAYERS, 'store', 'backup', 'restore-upper'],
    mounts: ['merged', 'cautious', 'restored'],
    why: isRoot ? null : 'it needs uid 0',
  },
  {
    form: 'userns',
    trees: LAYERS,
    mounts: ['merged'],
    why: userns ?? (isRoot ? null : 'only root can enter its namespace'),
  },
  { form: 'directories', trees: LAYERS, mounts: [], why: null },
];

/** The first of two files of one origin to be looked up is served, and which that is no walk decides. */
const RIVALS = /^merged\/etc\/nginx\/conf\.d\/default\.conf/;
const withoutRivals = (walk: Walk): Walk => new Map([...walk].filter(([path]) => !RIVALS.test(path)));

/** Runs a script by hand, as a person would, and walks what it made in the same shell. */
function runByHand(form: DemoForm, dir: string, trees: string[][]): Walk[] {
  const script = join(dirname(dir), 'demo.sh');
  writeFileSync(script, demoScript(form));
  const plain = form !== 'root' && isRoot;
  const words = [
    ...(plain ? ['setpriv', `--reuid=${PLAIN_UID}`, `--regid=${PLAIN_UID}`, '--clear-groups'] : []),
    ...(form === 'directories'
      ? []
      : ['unshare', ...(form === 'userns' ? ['--user', '--map-root-user'] : []), '--mount']),
    'sh',
    '-c',
    `sh "$1" "$2" >&2 && cd "$2" && { ${trees.map(walkCommand).join("; printf '\\0\\0\\0\\0'; ")}; true; }`,
    'by-hand',
    script,
    dir,
  ];
  const [command = '', ...rest] = words;
  const env = { ...process.env, NODE: process.execPath };
  const output = execFileSync(command, rest, { env, maxBuffer: 1 << 26, stdio: ['ignore', 'pipe', 'ignore'] });
  return output.toString('latin1').split('\0\0\0\0').map(parseWalk);
}

describe.each(CASES)('the script of form $form', ({ form, trees, mounts, why }) => {
  let parent = '';
  let held: Held | null = null;
  beforeEach(() => {
    parent = plainDirectory('script');
  });
  afterEach(async () => {
    await held?.end();
    held = null;
    rmSync(parent, { recursive: true, force: true });
  });

  it.skipIf(why !== null)(`makes by hand what the builder makes${why ? ` (skipped: ${why})` : ''}`, async () => {
    held = await holdDemo(join(parent, 'built'), { form, plain: form !== 'root' });
    const { dir, pid } = held.demo;
    const all = mounts.length > 0 ? [trees, mounts] : [trees];
    // Layers first: walking the mount may write into the upper.
    const built = all.map((some) => walkIn(dir, pid, some));
    const byHand = runByHand(form, join(parent, 'by-hand'), all);
    expect(built[0]?.size).toBeGreaterThan(150);
    expect(byHand.map(withoutRivals)).toEqual(built.map(withoutRivals));
  });

  it.skipIf(why !== null)(
    `leaves no entry without the command that made it${why ? ` (skipped: ${why})` : ''}`,
    async () => {
      held = await holdDemo(join(parent, 'built'), { form, plain: form !== 'root' });
      const { dir, pid } = held.demo;
      const manifest = DemoManifest.parse(JSON.parse(readFileSync(join(dir, MANIFEST_NAME), 'utf8')));
      expect(manifest.steps).toEqual(held.demo.steps);
      const walk = walkIn(dir, pid, [...trees.filter((tree) => tree !== 'store'), ...mounts]);
      const paths = [...walk.keys()].filter((key) => !/ (trusted|user)\.overlay\./.test(key));
      const orphans = paths.filter((path) => {
        const [tree = '', ...names] = path.split('/');
        return stepsFor(manifest, STACK_OF[tree] ?? 'main', names.join('/') as Bytes).length === 0;
      });
      expect(paths.length).toBeGreaterThan(100);
      expect(orphans).toEqual([]);
    },
  );
});

describe('the list of steps', () => {
  const plans = [
    { form: 'root', data: true, image: true, inMemory: false },
    { form: 'root', data: false, image: false, inMemory: true },
    { form: 'userns', data: false, image: false, inMemory: true },
    { form: 'directories', data: false, image: false, inMemory: false },
  ] as const;

  it.each(plans)('is of single lines, each of which says what it makes ($form, data-only $data)', (plan) => {
    for (const step of demoSteps(plan)) {
      expect(step.command).not.toMatch(/\n/);
      expect(step.makes.length, step.command).toBeGreaterThan(0);
      expect(step.about, step.command).toMatch(/^\S.*\.$/);
    }
  });

  it('is printed whole and in order by the script', () => {
    const script = demoScript('root');
    let at = 0;
    for (const { command, about } of demoSteps({ form: 'root', data: true, image: true, inMemory: false })) {
      at = script.indexOf(`# ${about}\n${command}\n`, at);
      expect(at, command).toBeGreaterThan(0);
    }
    expect(demoScript('root', { data: false, image: false })).not.toMatch(/\bstore\b|backup/);
  });

  it('gives for one path the commands that made it', () => {
    const manifest = { steps: demoSteps({ form: 'root', data: true, image: true, inMemory: false }) };
    expect(madeBy(manifest, 'main', 'etc/motd' as Bytes)).toEqual({
      command: "printf 'Welcome to Debian\\n' > base/etc/motd\nrm merged/etc/motd",
      about: 'Deleted: the upper holds a whiteout, the base keeps the file.',
    });
    expect(madeBy(manifest, 'main', 'srv/www/uploads/line\nbreak.txt' as Bytes)?.command).toContain(
      "$(printf 'line\\nbreak.txt')",
    );
    expect(madeBy(manifest, 'main', 'no/such/path' as Bytes)).toBeNull();
    // The same path of another stack has another story.
    expect(madeBy(manifest, 'cautious', 'etc/motd' as Bytes)?.command).not.toContain('rm ');
    expect(madeBy(manifest, 'restored', 'etc/motd' as Bytes)).toBeNull();
  });
});
