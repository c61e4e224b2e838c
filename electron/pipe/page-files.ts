/**
 * The built page's files, as the window's own scheme and `serve` hand them out. Only plain names below the page's
 * folder are answered; there is nothing to decode and nothing to climb.
 */
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CSP_HEADER } from '../../shared/csp.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
};

/** Sent with every file, over whatever brings it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CSP_HEADER,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export type PageFile = { type: string; body: Buffer };

/**
 * The file at an address's path: `/` is index.html, others are folders and names of letters, digits, `.`, `_`, `-`
 * with a known ending. Null for everything else, and for a file that is not there.
 */
export async function pageFile(folder: string, path: string): Promise<PageFile | null> {
  const names = path === '/' ? ['index.html'] : path.slice(1).split('/');
  if (!names.every((name) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name))) return null;
  const type = TYPES[extname(names[names.length - 1] ?? '')];
  if (type === undefined) return null;
  try {
    return { type, body: await readFile(join(folder, ...names)) };
  } catch {
    return null;
  }
}
