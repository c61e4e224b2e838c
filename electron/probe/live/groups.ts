/** The queues of the kernel that are open, one a filesystem where its marks allow. */
import type { Place } from '../../../shared/ipc/probe.ts';
import { FilesystemGroup } from './filesystem-group.ts';
import type { Group } from './group.ts';
import { openHere } from './here.ts';
import type { Part } from './part.ts';
import { Processes } from './processes.ts';

export type Joining = { device: string; directory: number; fsType: string; lifetimes: boolean };

export class Groups {
  readonly all = new Set<Group>();
  readonly #byDevice = new Map<string, FilesystemGroup>();
  readonly #processes = new Processes();

  /**
   * Gives a part its queue: that of its filesystem where others watch it already. `why` says why it is not the best
   */
  join(part: Part, { device, directory, fsType, lifetimes }: Joining): { group: Group; why: string } {
    const known = this.#byDevice.get(device);
    const group = known ?? new FilesystemGroup(directory, fsType, this.#processes);
    if (!known) {
      this.#processes.keep();
      this.#byDevice.set(device, group);
      this.all.add(group);
    }
    group.add(part, directory, lifetimes);
    return { group, why: '' };
  }

  /** Takes a part out of its queue, which ends with the last. */
  leave(part: Part, group: Group, place: Place): void {
    if (group instanceof FilesystemGroup) group.remove(part, () => openHere(place, false));
    if (group.parts.size > 0) return;
    for (const [device, one] of this.#byDevice) if (one === group) this.#byDevice.delete(device);
    this.all.delete(group);
    group.end();
    if (this.all.size === 0) this.#processes.end();
  }
}
