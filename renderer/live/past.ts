import type { LiveTold } from '../../shared/ipc/live.ts';
import { Lanes } from './lanes.ts';
import { EventLog } from './log.ts';
import { Usage } from './usage.ts';

/** All that was told of a stack since it was opened: the events, the lanes of the processes, who copied up how much. */
export class Past {
  readonly log = new EventLog();
  readonly lanes = new Lanes();
  readonly usage = new Usage();
  /** Lowers that changed under the mount. */
  readonly layersChanged = new Set<number>();

  take({ events, lifetimes }: Pick<LiveTold, 'events' | 'lifetimes'>): void {
    const first = this.log.first;
    let number = this.log.next;
    this.log.take(events);
    for (const event of events) {
      this.lanes.takeEvent(event, number++);
      this.usage.take(event);
      if (event.event === 'layer-changed') this.layersChanged.add(event.layer);
    }
    for (const life of lifetimes) this.lanes.takeLife(life);
    if (this.log.first !== first) this.lanes.drop(this.log.first);
  }
}
