import type { ScanMeta } from '../contract/scan.ts';
import type { VerifyRow } from '../contract/verify.ts';

/**
 * What a user copies to report an answer that the kernel refutes: the kernel, how the stack is made, and each row with
 * its evidence, as text with JSON in it. Paths and layers are in it, and nothing else of the machine.
 */
export function bugReport(meta: ScanMeta['meta'], rows: readonly VerifyRow[], version: string): string {
  const { kernel, parameters, options, inodeMode, xinoBits, marks, readonly, layers } = meta;
  const stack = {
    options,
    parameters,
    inodeMode,
    xinoBits,
    marks,
    readonly,
    layers: layers.map(({ layer, role, fs, state }) => ({ layer, role, fs: { type: fs.type, id: fs.id }, state })),
  };
  return [
    `Stratoscope ${version} on Linux ${kernel}: the kernel refutes ${rows.length === 1 ? 'an answer' : `${rows.length} answers`}.`,
    `stack ${JSON.stringify(stack)}`,
    ...rows.map((row) => JSON.stringify(row)),
    '',
  ].join('\n');
}
