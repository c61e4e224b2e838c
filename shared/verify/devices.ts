import type { Shown } from '../contract/scan.ts';

/**
 * What the classes of st_dev that scan predicts are on this machine: `overlay` is the overlay's own device, `pseudo:K`
 * an anonymous one that no mountinfo tells. It is learned from what is seen first, and from then on equal K must mean
 * equal devices, and different K different ones.
 */
export class DeviceClasses {
  readonly #overlay: string;
  readonly #byClass = new Map<string, string>();
  readonly #byDevice = new Map<string, string>();

  /** `overlay`: MAJ:MIN of the overlay. */
  constructor(overlay: string) {
    this.#overlay = overlay;
    this.#byDevice.set(overlay, 'overlay');
  }

  /** Learns classes from objects whose number is as predicted; of several devices, that of most. */
  learn(seen: Iterable<{ predicted: Shown['dev']; observed: string }>): void {
    const votes = new Map<string, Map<string, number>>();
    for (const { predicted, observed } of seen) {
      if (!predicted.startsWith('pseudo:') || this.#byClass.has(predicted)) continue;
      const counts = votes.get(predicted) ?? new Map<string, number>();
      counts.set(observed, (counts.get(observed) ?? 0) + 1);
      votes.set(predicted, counts);
    }
    for (const [name, counts] of votes) {
      const [most] = [...counts].sort((a, b) => b[1] - a[1]);
      const device = most?.[0];
      // A device that has a class already is not this one's.
      if (device === undefined || this.#byDevice.has(device)) continue;
      this.#byClass.set(name, device);
      this.#byDevice.set(device, name);
    }
  }

  /** The class of a device that was seen: its name, or MAJ:MIN where it has none. */
  classOf(device: string): string {
    return this.#byDevice.get(device) ?? device;
  }

  /** Whether a device is of the predicted class; null where the class is unknown, or its device was not learned. */
  agree(predicted: Shown['dev'], device: string): boolean | null {
    if (predicted === 'unknown') return null;
    if (predicted === 'overlay') return device === this.#overlay;
    const known = this.#byClass.get(predicted);
    if (known !== undefined) return known === device;
    // It is at least none of those that are another's.
    return this.#byDevice.has(device) ? false : null;
  }
}
