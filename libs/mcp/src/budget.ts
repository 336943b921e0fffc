import type { Clock } from '@vsmcp/vsm';

/** At most `most` in any period of `per` ms (counted from its first use); more is too much. */
export class Budget {
  #left: number;
  #until = 0;

  constructor(
    readonly most: number,
    readonly per: number,
    private readonly clock: Clock,
  ) {
    this.#left = most;
  }

  /** False when this goes past the bound. */
  spend(amount = 1): boolean {
    const now = this.clock.now();
    if (now >= this.#until) {
      this.#until = now + this.per;
      this.#left = this.most;
    }
    this.#left -= amount;
    return this.#left >= 0;
  }
}
