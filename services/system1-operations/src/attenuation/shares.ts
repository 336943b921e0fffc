/** A unit as the bulkhead sees it. */
export interface LocalDemand {
  weight: number;
  minimum: number;
  /** Most it may ever use; absent = all there is. */
  cap?: number;
  /** How much it would use now. */
  wants: number;
}

/**
 * Weighted max-min fair shares: nobody gets more than it wants or its cap, and what one leaves goes to the others by
 * weight (water-filling; Bertsekas and Gallager, Data Networks, §6.5.2). Minimums are served first as far as the
 * capacity reaches.
 * @param capacity operations at the same time
 * @returns a share per demand, in order; not rounded
 */
export function maxMinShares(demands: readonly LocalDemand[], capacity: number): number[] {
  const most = demands.map((d) => Math.min(d.wants, d.cap ?? Number.POSITIVE_INFINITY));
  const shares = demands.map((d, i) => Math.min(d.minimum, most[i] ?? 0));
  const floor = shares.reduce((sum, share) => sum + share, 0);
  if (floor >= capacity) return shares.map((share) => (floor === 0 ? 0 : (share * capacity) / floor));
  // The level is the share per weight at which the capacity is used up; found by raising it from cap to cap.
  let open = demands.map((d, i) => ({
    i,
    weight: d.weight,
    at: (most[i] ?? 0) / d.weight,
    from: (shares[i] ?? 0) / d.weight,
  }));
  open.sort((a, b) => a.at - b.at);
  for (;;) {
    const level = waterLevel(open, capacity - sumOf(shares, open));
    const filled = open.filter((o) => o.at <= level);
    if (filled.length === 0) {
      for (const o of open) shares[o.i] = Math.max(shares[o.i] ?? 0, level * o.weight);
      return shares;
    }
    for (const o of filled) shares[o.i] = most[o.i] ?? 0;
    open = open.filter((o) => o.at > level);
    if (open.length === 0) return shares;
  }
}

/** Capacity that those no longer open have taken. */
function sumOf(shares: readonly number[], open: readonly { i: number }[]): number {
  const still = new Set(open.map((o) => o.i));
  return shares.reduce((sum, share, i) => (still.has(i) ? sum : sum + share), 0);
}

/** The level L with Σ max(from, L)·weight = capacity. */
function waterLevel(open: readonly { weight: number; from: number }[], capacity: number): number {
  const byFloor = [...open].sort((a, b) => a.from - b.from);
  let weight = 0;
  let fixed = byFloor.reduce((sum, o) => sum + o.from * o.weight, 0);
  let level = 0;
  for (const [k, o] of byFloor.entries()) {
    weight += o.weight;
    fixed -= o.from * o.weight;
    level = (capacity - fixed) / weight;
    const next = byFloor[k + 1];
    if (next === undefined || level <= next.from) return level;
  }
  return level;
}
