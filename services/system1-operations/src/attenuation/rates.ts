/**
 * Before System 3 has said anything, a replica cannot know how many others there are: it begins with this part of the
 * fleet's rate.
 */
const AT_FIRST = 0.1;
/** Milliseconds of its rate that a unit may save up. */
const BURST = 1000;

interface Bucket {
  /** Operations a second. */
  rate: number;
  tokens: number;
  at: number;
}

/**
 * Operations that may begin here in a second (token buckets), as System 3 has granted them for as long as that lasts.
 * After that all units share this replica's part of the rate as it last was, so that the fleet's is not exceeded while
 * System 3 is away. Times in ms since the epoch.
 */
export class Rates {
  readonly #units = new Map<string, Bucket>();
  /** For units that are not named, while the grant lasts; and for all of them, after it. */
  #others: Bucket;
  #all: Bucket;
  #until = Number.NEGATIVE_INFINITY;

  /** @param fleet operations a second of all replicas together */
  constructor(fleet: number, now: number) {
    this.#others = full(0, now);
    this.#all = full(fleet * AT_FIRST, now);
  }

  /**
   * System 3's word, in place of what it said before. @param granted where it knows this replica: in all, and of each
   * of the units
   */
  grant(
    units: readonly string[],
    granted: { all: number; units: readonly number[] } | undefined,
    until: number,
    now: number,
  ): void {
    if (granted === undefined) return;
    const named = new Set(units);
    for (const unit of this.#units.keys()) if (!named.has(unit)) this.#units.delete(unit);
    let left = granted.all;
    for (const [i, unit] of units.entries()) {
      const rate = granted.units[i] ?? 0;
      left -= rate;
      this.#units.set(unit, changed(this.#units.get(unit), rate, now));
    }
    this.#others = changed(this.#others, Math.max(0, left), now);
    this.#all = changed(this.#all, granted.all, now);
    this.#until = until;
  }

  /** Admits an operation of the unit now, if it may begin, and counts it. */
  take(unit: string, now: number): boolean {
    refill(this.#all, now);
    const bucket = now < this.#until ? (this.#units.get(unit) ?? this.#others) : this.#all;
    refill(bucket, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    // Operations begun under the grant do not count once more when it has lapsed.
    if (bucket !== this.#all) this.#all.tokens = Math.max(0, this.#all.tokens - 1);
    return true;
  }
}

const most = (rate: number): number => Math.max(1, (rate * BURST) / 1000);

function full(rate: number, now: number): Bucket {
  return { rate, tokens: most(rate), at: now };
}

/**
 * The same bucket at another rate. A new one begins empty but for one operation: what is granted anew each second must
 * not be saved up anew.
 */
function changed(bucket: Bucket | undefined, rate: number, now: number): Bucket {
  if (bucket === undefined) return { rate, tokens: Math.min(1, most(rate)), at: now };
  refill(bucket, now);
  bucket.rate = rate;
  bucket.tokens = Math.min(bucket.tokens, most(rate));
  return bucket;
}

function refill(bucket: Bucket, now: number): void {
  const gained = (bucket.rate * Math.max(0, now - bucket.at)) / 1000;
  bucket.tokens = Math.min(bucket.tokens + gained, most(bucket.rate));
  bucket.at = now;
}
