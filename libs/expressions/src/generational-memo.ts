/**
 * A memo of things made from texts: each is kept while it is in use, within a bound, and made again when it was let go.
 * Only those asked for again soon are kept: of many texts that come in turn none would be found again, and keeping each
 * for a while costs more, as it outlives the collector's nursery, than making it anew. There are two generations: what
 * is asked for goes into the younger one, and when that has half of the bound it becomes the older one, which is let go
 * with the next.
 */
export class GenerationalMemo<Made> {
  readonly #make: (text: string) => Made;
  readonly #half: number;
  #young = new Map<string, Made>();
  #old: ReadonlyMap<string, Made> = new Map();
  #length = 0;
  /** Asked for once; as many characters as are kept. */
  readonly #once = new Set<string>();
  #lengthOnce = 0;

  /** @param most characters of all texts together; a text longer than half of it is kept alone */
  constructor(make: (text: string) => Made, most: number) {
    this.#make = make;
    this.#half = most / 2;
  }

  /** @throws what `make` throws, each time */
  of(text: string): Made {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    const made = old ?? this.#make(text);
    if (old !== undefined || this.#isAgain(text)) this.#keep(text, made);
    return made;
  }

  #isAgain(text: string): boolean {
    if (this.#once.has(text)) return true;
    if (this.#lengthOnce + text.length > this.#half) {
      this.#once.clear();
      this.#lengthOnce = 0;
    }
    this.#once.add(text);
    this.#lengthOnce += text.length;
    return false;
  }

  #keep(text: string, made: Made): void {
    if (this.#length + text.length > this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#length = 0;
    }
    this.#young.set(text, made);
    this.#length += text.length;
  }
}
