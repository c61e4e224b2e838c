import { asBytes, type Bytes, joinBytes } from '../../../shared/bytes/bytes.ts';
import {
  changeOwner,
  closeOpen,
  makeDirectory,
  makeLink,
  openPath,
  renamePath,
  SystemError,
  writeFile,
} from '../libc.ts';
import { removeAll } from './things.ts';

/** Something done through the mount. `hold` opens a file and keeps it open until it is let go. */
export type Operation =
  | readonly ['chown' | 'append' | 'create' | 'mkdir' | 'remove' | 'hold', string]
  | readonly ['rename' | 'link', string, string];

const held: number[] = [];

/** Closes what `hold` opened. */
export function letGo(): void {
  for (const fd of held.splice(0)) closeOpen(fd);
}

/** Does one operation below a mount. Gives whether the kernel allowed it. */
export function operate(target: Bytes, operation: Operation): boolean {
  const path = joinBytes(target, asBytes(operation[1]));
  try {
    switch (operation[0]) {
      case 'chown':
        changeOwner(path);
        return true;
      case 'append':
      case 'create':
        writeFile(path, asBytes('more\n'));
        return true;
      case 'mkdir':
        makeDirectory(path);
        return true;
      case 'remove':
        removeAll(path);
        return true;
      case 'rename':
        renamePath(path, joinBytes(target, asBytes(operation[2])));
        return true;
      case 'link':
        makeLink(path, joinBytes(target, asBytes(operation[2])));
        return true;
      case 'hold': {
        const fd = openPath(path, 'read');
        if (typeof fd === 'string') return false;
        held.push(fd);
        return true;
      }
    }
  } catch (error) {
    if (error instanceof SystemError) return false;
    throw error;
  }
}

/**
 * Where an object stands after these operations, of which `done` tells those that were allowed; null where it is gone
 * or another took its name.
 */
export function follow(path: string, operations: readonly Operation[], done: readonly boolean[]): string | null {
  let now: string | null = path;
  operations.forEach((operation, i) => {
    if (now === null || !done[i]) return;
    const isAt = (place: string): boolean => now === place || (now as string).startsWith(`${place}/`);
    if (operation[0] === 'remove' && isAt(operation[1])) now = null;
    else if (operation[0] === 'rename') {
      if (isAt(operation[1])) now = operation[2] + now.slice(operation[1].length);
      else if (isAt(operation[2])) now = null;
    }
  });
  return now;
}
