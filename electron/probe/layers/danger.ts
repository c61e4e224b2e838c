/** Whether a place lies where a call may wait for a server that never answers. */
import type { Place } from '../../../shared/ipc/probe.ts';
import { ownView, viewOfProcess } from '../discovery/namespaces.ts';
import { danger } from '../discovery/view.ts';

/** By the mounts of the place's namespace; nothing is looked up. A process that is gone hangs nothing. */
export function mayHangAt({ pid, nsId, path }: Place): boolean {
  if (pid === null && nsId !== null) return false;
  const view = pid === null ? ownView() : viewOfProcess(pid);
  return view !== null && danger(view.mounts, path) === 'hangs';
}
