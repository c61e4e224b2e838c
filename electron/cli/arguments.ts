import { readFileSync } from 'node:fs';
import { asBytes, type Bytes, bytesOfText } from '../../shared/bytes/bytes.ts';

/**
 * The arguments as bytes. Node decodes them as UTF-8 and loses what is none; the kernel keeps them (proc(5), cmdline).
 * Everything that the program does with an argument works on bytes.
 */
export function argumentBytes(argv: string[] = process.argv): Bytes[] {
  const words = argv.slice(2);
  try {
    const all = readFileSync('/proc/self/cmdline', 'latin1').split('\0').slice(0, -1);
    const tail = all.slice(all.length - words.length).map(asBytes);
    if (tail.length === words.length) return tail;
  } catch {
    // No /proc: then the words as Node has them.
  }
  return words.map(bytesOfText);
}
