import type { BreakerPermit } from '../attenuation/breakers.js';
import type { Slot } from '../attenuation/slot.js';
import type { CallPlan } from '../deciding/plan.js';
import type { Task } from '../deciding/task.js';
import type { Claim } from '../settling/claiming.js';

/** One try to answer an event by the calls of its unit's response. */
export interface Attempt {
  readonly task: Task;
  readonly unit: string;
  readonly plan: CallPlan;
  /** Absent where calling again does no harm, and so none is needed. */
  readonly claim: Claim | undefined;
  /** The unit's slot; it is left while resources are waited for, so that a waiting event does not occupy one. */
  readonly slot: Slot;
  /** Is told how each call ended. */
  readonly permit: BreakerPermit;
}

/** An attempt whose event is claimed. */
export type Claimed = Attempt & { readonly claim: Claim };
