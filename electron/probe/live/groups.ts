/** The queues of the kernel that are open, one a filesystem where its marks allow. */
import type { Place } from '../../../shared/ipc/probe.ts';
import { SyscallError } from '../syscalls/libc.ts';
import { DirectoriesGroup } from './directories-group.ts';
import { FilesystemGroup } from './filesystem-group.ts';
import type { Group } from './group.ts';
import { openHere } from './here.ts';
import { InotifyGroup } from './inotify-group.ts';
import type { Part } from './part.ts';
import { Processes } from './processes.ts';

export type Joining = { device: string; directory: number; fsType: string; lifetimes: boolean };
export type Joined = { group: Group; why: string };

export class Groups {
  readonly all = new Set<Group>();
  readonly #byDevice = new Map<string, FilesystemGroup>();
  readonly #processes = new Processes();

  /**
   * Gives a part its queue: the one of its whole filesystem, which others may watch already; else one with a mark on
   * each directory; else inotify. `why` says why it is not the first. Throws a SyscallError where there is none.
   */
  join(part: Part, joining: Joining): Joined {
    const joined = this.#filesystem(part, joining);
    this.all.add(joined.group);
    if (joined.group.by !== 'inotify') this.#processes.keep();
    return joined;
  }

  #filesystem(part: Part, joining: Joining): Joined {
    const { device, directory, fsType, lifetimes } = joining;
    try {
      const group = this.#byDevice.get(device) ?? new FilesystemGroup(directory, fsType, this.#processes);
      this.#byDevice.set(device, group);
      group.add(part, directory, lifetimes);
      return { group, why: '' };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      if (error.call === 'fanotify_init') return { group: new InotifyGroup(part), why: reason(error) };
      return this.#directories(part, joining, error);
    }
  }

  #directories(part: Part, { directory, lifetimes, fsType }: Joining, before: SyscallError): Joined {
    const why = `${fsType} takes no mark on the whole of it (${before.message})`;
    try {
      return { group: new DirectoriesGroup(part, directory, lifetimes, this.#processes), why };
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      return { group: new InotifyGroup(part), why: `${why}, and none on its directories (${error.message})` };
    }
  }

  /** Takes a part out of its queue, which ends with the last. */
  leave(part: Part, group: Group, place: Place): void {
    if (group instanceof FilesystemGroup) {
      group.remove(part, () => openHere(place, false));
      if (group.parts.size > 0) return;
    }
    for (const [device, one] of this.#byDevice) if (one === group) this.#byDevice.delete(device);
    this.all.delete(group);
    group.end();
    if (![...this.all].some(({ by }) => by !== 'inotify')) this.#processes.end();
  }
}

function reason({ code, message }: SyscallError): string {
  if (code === 'EPERM') return 'it takes privilege to be told who';
  return code === 'EINVAL' ? 'it takes Linux 5.17 to be told who' : message;
}
