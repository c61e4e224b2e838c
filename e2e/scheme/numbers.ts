/**
 * Holds the numbers that a union shows against what the plain directory's objects are: one object keeps one number, and
 * a number is of one object at a time (a removed one's may come again).
 */
export class Numbers {
  #shown = new Map<string, string>();
  #object = new Map<string, string>();
  readonly #isAlive: (object: string) => boolean;

  constructor(isAlive: (object: string) => boolean) {
    this.#isAlive = isAlive;
  }

  /** Notes nothing of what `use` finds, unless it gives null: nothing was wrong. */
  trying(use: () => string | null): string | null {
    const [shown, object] = [new Map(this.#shown), new Map(this.#object)];
    const wrong = use();
    if (wrong !== null) [this.#shown, this.#object] = [shown, object];
    return wrong;
  }

  /** Null, or what is wrong with an object being shown with this number. */
  check(object: string, shown: string): string | null {
    const before = this.#shown.get(object);
    if (before !== undefined && before !== shown) return `the number of one object was ${before} and is ${shown}`;
    const other = this.#object.get(shown);
    if (other !== undefined && other !== object && this.#isAlive(other))
      return `the number ${shown} is of two objects that are there`;
    this.#shown.set(object, shown);
    this.#object.set(shown, object);
    return null;
  }
}
