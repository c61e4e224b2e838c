/** The window's place and size, remembered between starts. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export type Rectangle = { x: number; y: number; width: number; height: number };
export type WindowState = { bounds: Rectangle | null; maximized: boolean };

export const MINIMUM = { width: 800, height: 500 } as const;
export const USUAL = { width: 1440, height: 900 } as const;

/** At least this much of a window must lie on a display, or it could not be grabbed. */
const GRIP = 64;

/**
 * What was remembered, if it still fits: null bounds where nothing was (or could not be read), or where no display
 * shows enough of them any more.
 */
export function readWindowState(file: string, displays: readonly Rectangle[]): WindowState {
  let state: { bounds?: Partial<Rectangle>; maximized?: unknown };
  try {
    state = JSON.parse(readFileSync(file, 'utf8')) as typeof state;
  } catch {
    return { bounds: null, maximized: false };
  }
  const { x, y, width, height } = state?.bounds ?? {};
  const maximized = state?.maximized === true;
  if (![x, y, width, height].every((n) => Number.isInteger(n))) return { bounds: null, maximized };
  const bounds = { x, y, width, height } as Rectangle;
  const fits = bounds.width >= MINIMUM.width && bounds.height >= MINIMUM.height;
  return { bounds: fits && displays.some((display) => shows(display, bounds)) ? bounds : null, maximized };
}

function shows(display: Rectangle, bounds: Rectangle): boolean {
  const wide = Math.min(display.x + display.width, bounds.x + bounds.width) - Math.max(display.x, bounds.x);
  const titleIsOn = bounds.y >= display.y && bounds.y <= display.y + display.height - GRIP;
  return wide >= GRIP && titleIsOn;
}

/** Remembers; a disk that refuses costs the memory, never the window. */
export function writeWindowState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(state)}\n`);
  } catch (error) {
    process.stderr.write(`stratoscope: window state not remembered: ${file}: ${String(error)}\n`);
  }
}
