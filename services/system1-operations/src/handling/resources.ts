import { scopeOf } from '@vsmcp/expressions';
import { type ClaimedResource, reasonOf } from '@vsmcp/vsm';
import type { CallPlan } from '../deciding/plan.js';
import type { Task } from '../deciding/task.js';

/** The resources that a response claims for this event, or why they cannot be told. */
export function resourcesOf(task: Task, plan: CallPlan): { wanted: ClaimedResource[] } | { reason: string } {
  if (plan.claims.length === 0) return { wanted: [] };
  try {
    const scope = scopeOf(task.event);
    return {
      wanted: plan.claims.flatMap(({ resource, of }) =>
        namesOf(resource(scope)).map((name) => ({ resource: name, of })),
      ),
    };
  } catch (error) {
    return { reason: `claims: ${reasonOf(error)}` };
  }
}

/** An expression may name several. */
function namesOf(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).map(String);
}
