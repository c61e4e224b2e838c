import { type Failure, FailureError } from '../../../shared/ipc/rpc.ts';
import { Raw, type RawEvent } from '../../../shared/live/raw.ts';
import type { ChangedObject, LiveScan } from './live-scan.ts';

/** Soonest after the last time that a scan is brought in step: a screen shows no more. */
const FRAME_MS = 16;
/** Of an update's own time, how much is left to others after it. */
const REST = 2;
/** Where something could not be brought in step yet: its record is on its way. Each further time twice as long. */
const AGAIN_MS = 40;
const AGAIN_AT_MOST_MS = 2560;

const NAMES = Raw.create | Raw.delete | Raw.rename;

export type UpdaterTells = {
  /** The scan is in step with what was taken; what changed. */
  onChanged: (changes: ChangedObject[]) => void;
  /** It cannot be at present; it is tried again. */
  onTrouble: (failure: Failure) => void;
  /** It never will be. */
  onFailed: (error: unknown) => void;
};

/** Brings a scan in step with records: soon, one update at a time, and never for most of the time. */
export class Updater {
  readonly #live: LiveScan;
  readonly #tells: UpdaterTells;
  #timer: NodeJS.Timeout | null = null;
  #isUpdating = false;
  #hasEnded = false;
  #again = AGAIN_MS;
  /** Records came that no update has seen yet. */
  #isBehind = false;
  #next = 0;

  constructor(live: LiveScan, tells: UpdaterTells) {
    this.#live = live;
    this.#tells = tells;
  }

  /** A record was understood. */
  took(event: RawEvent): void {
    this.#live.took(event, (event.mask & NAMES) !== 0);
    this.#isBehind = true;
    this.#schedule(0);
  }

  /** Something was found out otherwise. */
  poke(): void {
    this.#isBehind = true;
    this.#schedule(0);
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #schedule(wait: number): void {
    if (this.#hasEnded || this.#isUpdating || this.#timer) return;
    this.#timer = setTimeout(() => void this.#update(), Math.max(wait, this.#next - performance.now()));
  }

  async #update(): Promise<void> {
    this.#timer = null;
    this.#isUpdating = true;
    this.#isBehind = false;
    const begun = performance.now();
    let changes: ChangedObject[] | null = null;
    try {
      changes = await this.#live.update();
    } catch (error) {
      // The probe has ended, and the watch with it; or the upper has gone, and may come back.
      if (error instanceof FailureError) this.#tells.onTrouble(error.failure);
      else {
        this.end();
        this.#tells.onFailed(error);
      }
    }
    this.#isUpdating = false;
    const took = performance.now() - begun;
    this.#next = performance.now() + Math.max(FRAME_MS, took * REST);
    if (this.#hasEnded) return;
    if (changes !== null) this.#tells.onChanged(changes);
    if (this.#isBehind) {
      this.#again = AGAIN_MS;
      this.#schedule(0);
    } else if (this.#live.isDirty) {
      this.#schedule(this.#again);
      this.#again = Math.min(AGAIN_AT_MOST_MS, this.#again * 2);
    }
  }

  /** Nothing is left to be brought in step. */
  get isInStep(): boolean {
    return !this.#isUpdating && !this.#isBehind && this.#timer === null && !this.#live.isDirty;
  }
}
