import type { Answer } from '@vsmcp/vsm';
import type { ClaimAccount } from './claims/account.js';
import type { Leases } from './claims/leases.js';
import type { Found } from './loops/loops.js';

type Coordination = Answer<'coordination'>;

/** Leases that are shown. */
const MOST_SHOWN = 1000;

/** The answer to `coordination`: what is held and waited for, what oscillates, and what was resolved. */
export function coordinationView(
  leases: Leases,
  loops: Found[],
  { resolved }: ClaimAccount,
  schedules: Coordination['schedules'],
): Coordination {
  return {
    leases: leases.held.slice(0, MOST_SHOWN).map((lease) => ({ ...lease, resources: [...lease.resources] })),
    held: leases.size,
    waiting: leases.waiting,
    loops,
    schedules,
    conflicts_resolved: resolved.count,
    resolved: resolved.recent,
    waits: resolved.waits,
  };
}
