import { APART, type Found, type Loops } from '../loops/loops.js';
import { type Answered, type Claiming, exclusive, refused, yielding } from './answers.js';
import type { Leases } from './leases.js';
import type { Resolution } from './resolved.js';

/** A held-back claim is told to ask again after at most this long (ms), the delay that System 1 can keep best. */
const MOST_WAIT = 30_000;

/** How a claim is answered, the loops that hold it back for the first time, and the conflict that this resolves. */
export interface Decision {
  answers: Answered[];
  damped: Found[];
  resolution?: Resolution;
}

/**
 * Units that undo each other are held back; everybody else gets the resources or waits for them.
 * @param now ms since the epoch
 */
export function decide(claiming: Claiming, leases: Leases, loops: Loops, now: number): Decision {
  if (claiming.renew || leases.knows(claiming)) return { answers: leases.claim(claiming, now), damped: [] };
  const { unit } = claiming;
  const resources = exclusive(claiming.resources);
  const because = loops.yields(resources, unit, now);
  if (because !== undefined) return { answers: [yielding(claiming, now, because)], damped: [] };
  const { wait, fresh, damped } = loops.hold(resources, unit, now);
  if (wait === 0) return { answers: leases.claim(claiming, now), damped };
  const reason = `units undo each other on ${resources.join(', ')}: turns are ${APART / 1000} s apart`;
  const decision: Decision = { answers: [refused(claiming, now, Math.min(wait, MOST_WAIT), reason)], damped };
  if (fresh) {
    const behind = loops.others(resources, unit);
    decision.resolution = { at: now, how: 'cooled', unit, resources, waited: wait, behind };
  }
  return decision;
}
