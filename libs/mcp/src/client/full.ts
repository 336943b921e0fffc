/**
 * Those who wait until a full stream takes more. Nothing of one that waited is left behind, however long the stream
 * lives.
 */
export class Full {
  #waiting: (() => void)[] = [];

  /** Resolves when it takes more, or is gone. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** It takes more, or is gone. */
  over(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
