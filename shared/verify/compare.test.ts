import { expect, test } from 'vitest';
import type { Shown } from '../contract/scan.ts';
import type { Observed } from '../ipc/probe.ts';
import { compare, type Prediction } from './compare.ts';
import { DeviceClasses } from './devices.ts';
import { bugReport } from './report.ts';
import { sideEffects } from './words.ts';

const shown = (more: Partial<Shown> = {}): Shown => ({
  dev: 'pseudo:1',
  ino: '20',
  dino: '21',
  nlink: 1,
  stable: true,
  why: 'file lower',
  ...more,
});
const predicted = (more: Partial<Prediction> = {}): Prediction => ({
  lookup: 'ok',
  type: 'file',
  listed: true,
  shown: shown(),
  ...more,
});
const seen = (more: Partial<Observed> = {}): Observed => ({
  name: 'f' as Observed['name'],
  listed: { ino: '21', type: 8 },
  stat: { dev: '0:51', ino: '20', nlink: 1, mode: 0o100644 },
  fstat: { dev: '0:51', ino: '20' },
  ...more,
});
const learned = (): DeviceClasses => {
  const devices = new DeviceClasses('0:50');
  devices.learn([{ predicted: 'pseudo:1', observed: '0:51' }]);
  return devices;
};
const fields = (a: Prediction, b: Observed, devices = learned(), mayBeRefused = false): string[] =>
  compare(a, b, devices, mayBeRefused).map(
    ({ field, predicted, observed, verdict, isCached }) =>
      `${field} ${predicted} ${observed} ${verdict}${isCached ? ' cached' : ''}`,
  );
const wrong = (...arguments_: Parameters<typeof fields>): string[] =>
  fields(...arguments_).filter((line) => line.includes(' wrong'));

test('what agrees agrees, field by field', () => {
  expect(fields(predicted(), seen())).toEqual([
    'lookup ok ok agrees',
    'dino 21 21 agrees',
    'type file file agrees',
    'dev pseudo:1 pseudo:1 agrees',
    'ino 20 20 agrees',
    'nlink 1 1 agrees',
    'fstat pseudo:1 20 pseudo:1 20 agrees',
  ]);
});

test('what differs is wrong, each field for itself', () => {
  const stat = { dev: '0:50', ino: '22', nlink: 3, mode: 0o40755 };
  expect(wrong(predicted(), seen({ stat, fstat: { dev: '0:50', ino: '22' }, listed: null }))).toEqual([
    'dino 21 null wrong',
    'type file dir wrong',
    'dev pseudo:1 overlay wrong',
    'ino 20 22 wrong',
    'nlink 1 3 wrong',
    'fstat pseudo:1 20 overlay 22 wrong',
  ]);
  expect(wrong(predicted(), seen({ stat: { errno: 'ESTALE' } }))).toEqual(['lookup ok ESTALE wrong']);
  const gone = predicted({ lookup: 'ENOENT', listed: false, shown: null, type: 'unknown' });
  expect(wrong(gone, seen())).toEqual(['lookup ENOENT ok wrong', 'dino null 21 wrong']);
});

test('what cannot be foretold is not compared, but an open file has its name’s number', () => {
  const unknown = shown({ dev: 'overlay', ino: null, dino: 'unknown', nlink: 'unknown' });
  const stat = { dev: '0:50', ino: '7', nlink: 1, mode: 0o40755 };
  const open = (ino: string) =>
    fields(predicted({ type: 'dir', shown: unknown }), seen({ stat, fstat: { dev: '0:50', ino } }));
  expect(open('7')).toEqual([
    'lookup ok ok agrees',
    'dino unknown 21 unpredictable',
    'type dir dir agrees',
    'dev overlay overlay agrees',
    'ino null 7 unpredictable',
    'nlink unknown 1 unpredictable',
    'fstat overlay 7 overlay 7 agrees',
  ]);
  expect(open('8').at(-1)).toBe('fstat overlay 7 overlay 8 wrong');
  expect(fields(predicted({ lookup: 'unknown' }), seen({ stat: { errno: 'EIO' } }))[0]).toBe(
    'lookup unknown EIO unpredictable',
  );
  expect(fields(predicted(), seen({ stat: { covered: true } }))).toEqual(['lookup ok null unpredictable']);
  expect(fields(predicted(), seen({ stat: { errno: 'EACCES' } }), learned(), true)[0]).toContain('unpredictable');
  expect(fields(predicted(), seen({ fstat: { errno: 'ENOENT' } })).at(-1)).toContain('unpredictable');
});

test('what an inode in memory shows is wrong and cached', () => {
  const cached = { dev: 'pseudo:2' as const, ino: '9' };
  const devices = learned();
  devices.learn([{ predicted: 'pseudo:2', observed: '0:52' }]);
  const stat = { dev: '0:52', ino: '9', nlink: 1, mode: 0o100644 };
  const found = { stat, fstat: { dev: '0:52', ino: '9' }, listed: { ino: '9', type: 8 } };
  expect(wrong(predicted({ shown: shown({ cached }) }), seen(found), devices)).toEqual([
    'dino 21 9 wrong cached',
    'dev pseudo:1 pseudo:2 wrong cached',
    'ino 20 9 wrong cached',
    'fstat pseudo:1 20 pseudo:2 9 wrong cached',
  ]);
  const other = { ...found, stat: { ...stat, ino: '10' } };
  expect(wrong(predicted({ shown: shown({ cached }) }), seen(other), devices)).toContain('ino 20 10 wrong');
  const links = predicted({ shown: shown({ nlink: 2, cached: { dev: 'pseudo:1', ino: '20', nlink: 1 } }) });
  expect(wrong(links, seen())).toEqual(['nlink 2 1 wrong cached']);
});

test('pseudo devices are learned by first sight, and then hold both ways', () => {
  const devices = new DeviceClasses('0:50');
  expect(devices.agree('pseudo:1', '0:51')).toBeNull();
  expect(devices.agree('pseudo:1', '0:50')).toBe(false);
  devices.learn([
    { predicted: 'pseudo:1', observed: '0:52' },
    { predicted: 'pseudo:1', observed: '0:51' },
    { predicted: 'pseudo:1', observed: '0:51' },
    { predicted: 'overlay', observed: '0:77' },
    { predicted: 'pseudo:3', observed: '0:50' },
  ]);
  expect(devices.agree('pseudo:1', '0:51')).toBe(true);
  expect(devices.agree('pseudo:1', '0:52')).toBe(false);
  // One device is not that of two classes.
  expect(devices.agree('pseudo:2', '0:51')).toBe(false);
  expect(devices.agree('pseudo:3', '0:50')).toBe(false);
  devices.learn([{ predicted: 'pseudo:1', observed: '0:99' }]);
  expect(devices.agree('pseudo:1', '0:99')).toBe(false);
  expect([devices.classOf('0:51'), devices.classOf('0:50'), devices.classOf('0:98')]).toEqual([
    'pseudo:1',
    'overlay',
    '0:98',
  ]);
});

test('what looking can change is said, and that it cannot where there is no upper', () => {
  expect(sideEffects({ mount: '/m', layers: [{ role: 'upper' }, { role: 'lower' }] }).join(' ')).toMatch(
    /\/m\..*overlay\.origin.*access times/,
  );
  expect(sideEffects({ mount: null, layers: [{ role: 'lower' }] })).toEqual([
    expect.stringContaining('nothing is written'),
  ]);
});

test('a report holds the kernel, the stack and the evidence', () => {
  const meta = {
    kernel: '6.18.44',
    parameters: {},
    options: { xino: 'on' },
    inodeMode: 'xino',
    xinoBits: 2,
    marks: 'trusted',
    readonly: false,
    layers: [{ layer: 0, role: 'upper', fs: { type: 'ext4', uuid: 'u', id: 0 }, state: 'ok', path: '/secret' }],
  } as unknown as Parameters<typeof bugReport>[0];
  const row = {
    path: 'etc/passwd',
    field: 'ino' as const,
    predicted: '1',
    observed: '2',
    verdict: 'wrong' as const,
    cause: 'our error' as const,
    evidence: { rule: 'file lower' },
    cure: 'Report it.',
    findings: [],
  };
  const text = bugReport(meta, [row], '1.2.3');
  expect(text).toMatch(/^Stratoscope 1\.2\.3 on Linux 6\.18\.44: the kernel refutes an answer\.\n/);
  expect(text).toContain('"xino":"on"');
  expect(text).not.toContain('/secret');
  expect(JSON.parse(text.split('\n')[2] as string)).toEqual(row);
});
