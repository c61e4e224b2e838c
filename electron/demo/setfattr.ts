import { createRequire } from 'node:module';

/**
 * setfattr(1) for machines without the package attr: a newcomer's demo must not fail on it. It takes what the steps
 * use, `setfattr -n NAME [-v VALUE] FILE`, with a value as text or as 0x and hex digits.
 */
const PROGRAM = [
  'const koffi = require(process.env.KOFFI);',
  'const set = koffi.load(null).func("int setxattr(const char *path, const char *name, const void *value, size_t size, int flags)");',
  'const words = process.argv.slice(1);',
  'const take = (flag) => { const i = words.indexOf(flag); return i < 0 ? "" : words.splice(i, 2)[1]; };',
  'const name = take("-n"), text = take("-v");',
  'const value = text.startsWith("0x") ? Buffer.from(text.slice(2), "hex") : Buffer.from(text);',
  'for (const file of words) if (set(file, name, value, value.length, 0) !== 0) {',
  'const code = Object.entries(require("os").constants.errno).find(([, n]) => n === koffi.errno());',
  'process.stderr.write("setfattr: " + file + ": " + (code ? code[0] : "failed") + "\\n"); process.exitCode = 1; }',
].join(' ');

/** A line of shell that defines setfattr where there is none. `$NODE` is set before it. */
export function setfattrIfMissing(): string {
  const koffi = createRequire(import.meta.url).resolve('koffi');
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  return `command -v setfattr >/dev/null || setfattr() { KOFFI=${quote(koffi)} "$NODE" -e ${quote(PROGRAM)} -- "$@"; }`;
}
