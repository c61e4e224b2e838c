/**
 * Lets tasks that run side by side speak one after the other: what the first says is written at once, what the others
 * say is kept until those before them have ended.
 */
export class Turns {
  readonly #write: (text: string) => void;
  /** Of each task that is not over, in the order in which they began, what it said and nobody has read. */
  readonly #kept: { text: string; isOver: boolean }[] = [];

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Runs a task, and gives it the function by which it speaks. Resolves and rejects as the task does. */
  async take<T>(task: (say: (text: string) => void) => Promise<T>): Promise<T> {
    const own = { text: '', isOver: false };
    this.#kept.push(own);
    try {
      return await task((text) => {
        own.text += text;
        this.#speak();
      });
    } finally {
      own.isOver = true;
      this.#speak();
    }
  }

  #speak(): void {
    for (let first = this.#kept[0]; first; first = this.#kept[0]) {
      if (first.text !== '') this.#write(first.text);
      first.text = '';
      if (!first.isOver) return;
      this.#kept.shift();
    }
  }
}
