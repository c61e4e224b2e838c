/** Whether a place lies where a call may wait for a server that never answers. */
import type { Place } from '../../../shared/ipc/probe.ts';
import { ownView, viewOfProcess } from '../discovery/namespaces.ts';
import { danger, type View } from '../discovery/view.ts';

/**
 * A judge for the time of one call: by the mounts of a place's namespace, read once; nothing is looked up. A process
 * that is gone hangs nothing.
 */
export function hangJudge(): (place: Place) => boolean {
  const views = new Map<number | null, View | null>();
  return ({ pid, nsId, path }) => {
    if (pid === null && nsId !== null) return false;
    let view = views.get(pid);
    if (view === undefined) {
      view = pid === null ? ownView() : viewOfProcess(pid);
      views.set(pid, view);
    }
    return view !== null && danger(view.mounts, path) === 'hangs';
  };
}
