import type { ServiceContext } from '@vsmcp/service';
import { Load } from '@vsmcp/vsm';
import type { Bulkhead } from '../attenuation/bulkhead.js';
import type { Tally } from '../settling/tally.js';

/** ms */
const PACE = 1000;

/** Reports the load each second in which something happened; returns how to stop, with what is left said. */
export function reportLoad(
  { clock, instance, metrics, say }: ServiceContext,
  tally: Tally,
  bulkhead: Bulkhead,
  track: (task: Promise<unknown>) => void,
): () => void {
  let from = clock.now();
  const running = metrics.gauge('vsmcp_operations_running', 'Operations under way');
  const report = () => {
    running.set(bulkhead.running);
    const to = clock.now();
    const figures = tally.take(bulkhead.underWay());
    if (figures !== undefined) {
      const how = { running: bulkhead.running, capacity: bulkhead.capacity };
      track(say(Load, `s1.${instance}.load`, { instance, from, to, ...how, ...figures }));
    }
    from = to;
  };
  const stop = clock.every(PACE, report);
  return () => {
    stop();
    report();
  };
}
