/** Contention, the same in every run: units that each want one or two of the resources, again and again. */
export const UNITS = 1000;
export const RESOURCES = 100;

/** The resources that a unit wants in its nth round, sorted: a fixed sequence that looks like chance. */
export function wantedBy(unit: number, round: number): string[] {
  const mixed = Math.imul(unit * 7919 + round * 104729 + 1, 0x9e3779b1) >>> 0;
  const first = mixed % RESOURCES;
  const second = (mixed >>> 8) % RESOURCES;
  return mixed % 2 === 0 || first === second ? [`r${first}`] : [`r${first}`, `r${second}`].sort();
}

/**
 * A lock on resources as the engine and the mutex are driven: `granted` may be called at once or by a later release.
 */
export interface Locks {
  claim(id: string, unit: number, resources: string[], granted: (id: string) => void): void;
  release(id: string, granted: (id: string) => void): void;
}

/** How it went: seconds in all, grants made, ms that each single decision (about a claim or a release) took. */
export interface Contended {
  seconds: number;
  grants: number;
  decisions: number[];
}

/**
 * Rounds of all units until `most` grants were made. Each always has a claim under way, so that how long a claim waits
 * for its turn says nothing (by Little's law it is the units over the rate); what counts is how long a decision takes.
 */
export function contend(locks: Locks, most: number): Contended {
  const rounds = new Int32Array(UNITS);
  const holders: string[] = [];
  const decisions: number[] = [];
  const granted = (id: string) => void holders.push(id);
  const timed = (decide: () => void) => {
    const began = performance.now();
    decide();
    decisions.push(performance.now() - began);
  };
  const claim = (unit: number) => {
    const round = rounds[unit] ?? 0;
    rounds[unit] = round + 1;
    timed(() => locks.claim(`${unit}:${round}`, unit, wantedBy(unit, round), granted));
  };
  const began = performance.now();
  for (let unit = 0; unit < UNITS; unit++) claim(unit);
  for (let next = 0; holders.length < most; next++) {
    const id = holders[next];
    if (id === undefined) throw new Error('nobody holds anything: the locks are stuck');
    timed(() => locks.release(id, granted));
    claim(Number(id.slice(0, id.indexOf(':'))));
  }
  return { seconds: (performance.now() - began) / 1000, grants: holders.length, decisions };
}
