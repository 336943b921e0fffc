/**
 * The values of many plain objects by the names of their properties: a column for each name, in the order in which the
 * names are first met, with a value for each object, and undefined where an object has none of that name.
 */
export class Columns {
  readonly #length: number;
  readonly #most: number;
  readonly #without: ReadonlySet<string> | undefined;
  readonly #all = new Map<string, unknown[]>();
  /** The names of the last object, in its order, and their columns: the next one mostly has the same. */
  readonly #names: string[] = [];
  readonly #row: (unknown[] | undefined)[] = [];

  /**
   * @param length how many objects there are
   * @param options.most how many names there may be
   * @param options.without names that have no column
   */
  constructor(length: number, options: { most?: number; without?: ReadonlySet<string> } = {}) {
    this.#length = length;
    this.#most = options.most ?? Number.POSITIVE_INFINITY;
    this.#without = options.without;
  }

  /** @param n the object's place among all. @returns false when it brings too many names: there are no columns then */
  add(object: Readonly<Record<string, unknown>>, n: number): boolean {
    let f = 0;
    // Read so, rather than each by its name, it costs as little where every object is of a kind of its own.
    for (const name in object) {
      if (name !== this.#names[f] && !this.#turn(name, f)) return false;
      const column = this.#row[f++];
      if (column) column[n] = object[name];
    }
    return true;
  }

  get(name: string): unknown[] | undefined {
    return this.#all.get(name);
  }

  entries(): [string, unknown[]][] {
    return [...this.#all];
  }

  #turn(name: string, f: number): boolean {
    let column = this.#all.get(name);
    if (!column && !this.#without?.has(name)) {
      if (this.#all.size >= this.#most) return false;
      // Filled, so that it has no gaps, and takes values of any kind from the start.
      column = new Array<unknown>(this.#length).fill(undefined);
      this.#all.set(name, column);
    }
    this.#names[f] = name;
    this.#row[f] = column;
    return true;
  }
}
