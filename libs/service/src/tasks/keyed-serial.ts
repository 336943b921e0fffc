/**
 * One FIFO queue of tasks per key: tasks of one key run one after another, in the order in which they were given; those
 * of different keys do not wait for each other. A key takes memory only while it has tasks.
 */
export class KeyedSerial {
  readonly #last = new Map<string, Promise<unknown>>();
  #tasks = 0;

  /** Tasks that wait for one before them. */
  get waiting(): number {
    return this.#tasks - this.#last.size;
  }

  /**
   * Resolves or rejects as the task does; the next one of the key runs either way. The first of a key begins at once.
   */
  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    const mine = before === undefined ? task() : before.then(task, task);
    this.#last.set(key, mine);
    this.#tasks++;
    try {
      return await mine;
    } finally {
      this.#tasks--;
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
