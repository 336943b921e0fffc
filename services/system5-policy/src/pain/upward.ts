import type { ServiceContext } from '@vsmcp/service';
import { Reported, reasonOf, VsmError } from '@vsmcp/vsm';
import { gist, isDue, reportOf } from './reporting.js';

/** How long (ms) the other systems may take to say how they are. */
const PATIENCE = 1000;
/** Milliseconds after which it is looked again whether there is a fleet above. */
export const ALONE = 5000;

/**
 * Says to the fleet above how this one is. To be called often; where there is no fleet above, it does little.
 * @param lonely ms after which it is looked again whether there is one
 */
export function upward({ ask, clock, config, log, say }: ServiceContext, lonely: number): () => Promise<void> {
  let last: { gist: string; at: number } | undefined;
  let alone = 0;
  return async () => {
    if (clock.now() < alone) return;
    const [status, systems] = await Promise.allSettled([
      ask('status', {}, { timeout: PATIENCE }),
      ask('recursion', {}, { timeout: PATIENCE }),
    ]);
    if (status.status === 'rejected') {
      // The fleet above sees that no report comes.
      log.debug({ reason: reasonOf(status.reason) }, 'how this fleet is cannot be said');
      return;
    }
    // Without its System 3 a fleet is not viable, and that is told.
    const units = systems.status === 'fulfilled' ? systems.value.units : {};
    const report = reportOf(config.path, status.value, units, config.settings.recursion_depth);
    const now = clock.now();
    if (!isDue(report, last, now)) return;
    try {
      await say(Reported, 'report', report, { mandatory: true });
    } catch (error) {
      if (!(error instanceof VsmError && error.code === 'VSM_NOT_FOUND')) throw error;
      alone = now + lonely;
      return;
    }
    last = { gist: gist(report), at: now };
    log.debug({ viable: report.viable }, 'reported to the fleet above');
  };
}
