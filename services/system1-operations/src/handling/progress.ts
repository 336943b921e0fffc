import type { Progress } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { Progressed, reasonOf } from '@vsmcp/vsm';
import type { Task } from '../deciding/task.js';

/** Least time (ms) between two words about one call, however often its server reports. */
const EVERY = 1000;

/** Passes on how far calls are, for who waits for them. It is said at most once; nothing depends on its coming. */
export function progressing(context: ServiceContext) {
  const { clock, instance, log } = context;
  const reported = context.metrics.counter('vsmcp_progress_total', 'Reports of servers on calls under way', ['tool']);
  return (task: Task, unit: string, tool: string): ((progress: Progress) => void) => {
    let next = 0;
    return (progress) => {
      reported.inc({ tool });
      const now = clock.now();
      if (now < next) return;
      next = now + EVERY;
      const { source, id, type } = task.event;
      context
        .say(Progressed, `s1.${instance}.progress`, { event: { source, id, type }, unit, tool, instance, ...progress })
        .catch((error: unknown) => log.debug({ tool, id }, `how far a call is was not told: ${reasonOf(error)}`));
    };
  };
}
