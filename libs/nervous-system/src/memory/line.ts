/** Consumers of an ordered queue: the first in the line consumes, the others stand by. */
export class Line {
  readonly #waiting: (() => void)[] = [];

  /** @param begin called once it is the first. @returns how to leave the line */
  enter(begin: () => void): () => void {
    this.#waiting.push(begin);
    if (this.#waiting.length === 1) begin();
    return () => {
      const at = this.#waiting.indexOf(begin);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      if (at === 0) this.#waiting[0]?.();
    };
  }
}
