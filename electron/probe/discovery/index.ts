/** Overlays of the machine and where their layers are. Reads only; holds nothing open after a call. */

export { moduleParameters } from './directories.ts';
export { seenFilesystems } from './filesystems.ts';
export { listOverlays } from './overlays.ts';
export { resolveStack } from './resolve.ts';
