/** A display for the window, where the machine has none: Xvfb on a free number. */
import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export type Display = { name: string; close(): void };

/** Starts Xvfb, or takes the display there is. Rejects with a sentence where there is neither. */
export async function startDisplay(): Promise<Display> {
  const { DISPLAY } = process.env;
  if (DISPLAY) return { name: DISPLAY, close: () => {} };
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1920x1200x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const numbers = child.stdio[3] as Readable;
  const number = await new Promise<string>((resolve, reject) => {
    child.once('error', () => reject(new Error('there is no display, and no Xvfb (apt install xvfb)')));
    child.once('close', () => reject(new Error('Xvfb has ended')));
    numbers.once('data', (text: Buffer) => resolve(String(text).trim()));
  });
  return { name: `:${number}`, close: () => child.kill() };
}
