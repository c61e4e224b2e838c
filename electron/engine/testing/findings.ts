/** A laboratory for findings: what doctor says of a stack, and what the kernel says of a listing. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { bytesOfText } from '../../../shared/bytes/bytes.ts';
import { DoctorRow, DoctorSummary } from '../../../shared/contract/finding.ts';
import type { FindingCode } from '../../../shared/contract/scan.ts';
import type { StackRef } from '../../../shared/ipc/probe.ts';
import { Laboratory } from './laboratory.ts';

export type Findings = {
  rows: DoctorRow[];
  summary: DoctorSummary['summary'];
  /** Paths of the objects with this finding, in byte order. */
  of(code: FindingCode): string[];
  /** Codes of the object at a path. */
  at(path: string): FindingCode[];
};

/** Prints `INODE NAME` for each name that a listing gives, by getdents64 alone: no stat. */
const LISTING = `
import os, sys
for entry in os.scandir(sys.argv[1]): print(entry.inode(), entry.name)
`;

export class FindingLaboratory extends Laboratory {
  /** What `doctor` and `scan` say of a mount or a stack: each line held against its schema, and the two against each other. */
  async findings(stack: string | StackRef): Promise<Findings> {
    const ref = typeof stack === 'string' ? this.mount(stack) : stack;
    const chunks: Uint8Array[] = [];
    const { summary } = await this.client.call('doctor', { stack: ref }, { onChunk: (chunk) => chunks.push(chunk) });
    const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n').slice(1);
    const last = DoctorSummary.parse(JSON.parse(lines.pop() ?? ''));
    const rows = lines.map((line) => DoctorRow.strict().parse(JSON.parse(line)));
    const count = (severity: string): number => rows.filter((row) => row.severity === severity).length;
    const counted = { errors: count('error'), warnings: count('warning'), notes: count('note') };
    if (JSON.stringify({ ...counted, checked: summary.checked }) !== JSON.stringify(last.summary))
      throw new Error('the summary does not count what was printed');
    const { objects } = await this.scan(ref);
    for (const [path, { findings }] of objects) {
      const told = rows.filter((row) => row.path === path).map(({ code }) => code);
      if (told.join() !== findings.join()) throw new Error(`${path}: scan says ${findings}, doctor ${told}`);
    }
    const of = (code: FindingCode): string[] =>
      rows
        .filter((row) => row.code === code)
        .map(({ path }) => path)
        .sort();
    return { rows, summary, of, at: (path) => rows.filter((row) => row.path === path).map(({ code }) => code) };
  }

  /**
   * Runs a command, and holds the message that it prints against what `why` says of it: the message has these words, and
   * `why` names the finding for the object at `path`. Returns the message.
   */
  async expectWhy(stack: string, command: string, words: string, code: FindingCode, path: string): Promise<string> {
    const { stdout, stderr } = spawnSync('bash', ['-c', command], {
      cwd: this.folder,
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    const line = `${stderr}\n${stdout}`.split('\n').find((one) => one.includes(words));
    if (line === undefined) throw new Error(`${command} said:\n${stdout}${stderr}`);
    expect(await this.why(stack, line)).toContainEqual([code, path]);
    return line;
  }

  /** The findings, as code and path, that `why` names for a message. */
  async why(stack: string | StackRef, text: string): Promise<[FindingCode, string][]> {
    const out: [FindingCode, string][] = [];
    const ref = typeof stack === 'string' ? this.mount(stack) : stack;
    await this.client.call(
      'why',
      { stack: ref, text: bytesOfText(text) },
      {
        onItem: ({ found }) =>
          out.push(
            ...(found ?? []).map(({ finding }) => [finding.code, finding.path] as const as [FindingCode, string]),
          ),
      },
    );
    return out;
  }

  dropCaches(): void {
    this.sh('sync');
    writeFileSync('/proc/sys/vm/drop_caches', '2');
  }

  /** The numbers that a listing of the directory gives, by name. */
  listing(directory: string): Map<string, string> {
    writeFileSync(this.at('listing.py'), LISTING);
    const lines = this.sh(`python3 listing.py ${directory}`).trimEnd().split('\n');
    return new Map(lines.map((line) => [line.slice(line.indexOf(' ') + 1), line.split(' ')[0] as string]));
  }

  listed(directory: string, name: string): string | undefined {
    return this.listing(directory).get(name);
  }
}
