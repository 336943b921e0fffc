/**
 * `latest: 10s`: of the events of one type and unit in a period, the first is called and stands for the rest. Each
 * replica keeps its own periods, so with n replicas at most n calls are made in one. Times in ms.
 */
export class LatestWindows {
  readonly #open = new Map<string, { until: number; opener: string }>();

  /**
   * True for the event that opens a period or opened the running one (it may come back for a retry).
   * @param event what names the event for good
   */
  first(unit: string, type: string, period: number, event: string, now: number): boolean {
    const name = `${unit} ${type}`;
    const window = this.#open.get(name);
    if (window !== undefined && now < window.until) return window.opener === event;
    this.#open.delete(name);
    this.#open.set(name, { until: now + period, opener: event });
    return true;
  }

  /** The opener turned out not to need a call (it was done before): the next event opens a period. */
  forget(unit: string, type: string, event: string): void {
    const name = `${unit} ${type}`;
    if (this.#open.get(name)?.opener === event) this.#open.delete(name);
  }

  /** Lets go of periods that are over. */
  prune(now: number): void {
    for (const [name, window] of this.#open) if (window.until <= now) this.#open.delete(name);
  }
}
