import type { Bytes } from '../bytes/bytes.ts';
import type { Severity } from '../contract/finding.ts';
import type { FindingCode, ListObject } from '../contract/scan.ts';
import { LayerNames, shownPath } from '../explain/words.ts';
import { shownPath as pathText } from './words.ts';

/** What cures one finding; `more` others are cured by the same sentence. */
export type Cure = {
  code: FindingCode;
  severity: Severity;
  path: Bytes;
  cure: string;
  commands: readonly string[];
  more: number;
};

/** The first lines of a script, by which it is told from a file of somebody else's. */
export const SCRIPT_HEAD = '#!/bin/bash\n# Cures for findings of stratoscope doctor.';

/**
 * A script to read, change and run by hand, never run by this program. Each command ends with the finding that it
 * cures; a cure that is no command (an option of the mount, a copy to be made again) is a comment.
 */
export function curesScript(stack: ListObject, cures: readonly Cure[]): string {
  const names = new LayerNames(stack);
  const lines = [
    SCRIPT_HEAD,
    '# Read it, take out what you do not want, and run it while nothing is mounted on these layers:',
    ...stack.layers.map(({ layer, path, pathB64 }) => `#   ${names.word(layer)}: ${shownPath(path, pathB64)}`),
    'set -eu',
  ];
  let code: string | null = null;
  for (const cure of cures.toSorted((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))) {
    if (cure.code !== code) lines.push('', `# ${cure.code}`);
    code = cure.code;
    const about = `${cure.code}: ${pathText(cure.path)}`;
    if (cure.commands.length > 0) lines.push(...cure.commands.map((command) => `${command}  # ${about}`));
    else lines.push(`# ${about}${cure.more > 0 ? ` and ${cure.more} more` : ''}: ${cure.cure}`);
  }
  if (cures.length === 0) lines.push('', '# Nothing was found that needs a cure.');
  return `${lines.join('\n')}\n`;
}
