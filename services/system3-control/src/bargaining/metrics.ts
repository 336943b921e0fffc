import type { ServiceContext } from '@vsmcp/service';
import type { Made } from './bargain.js';
import { sum } from './grants.js';

/** Of a replica, the part that is to be in use: what more is wanted is for another one. */
const IN_USE = 0.8;

/** The figures of each bargain as metrics. @returns takes a bargain and how long (ms) it took */
export function bargainMetrics({ config, metrics }: ServiceContext): (made: Made, took: number) => void {
  const ratio = metrics.gauge(
    'vsmcp_demand_ratio',
    'Operations that units want at the same time, over those the replicas can run: above 1, more replicas would help',
  );
  const replicasWanted = metrics.gauge(
    'vsmcp_replicas_wanted',
    'Replicas of System 1 that would run all that units want, each four fifths in use',
  );
  const granted = metrics.gauge('vsmcp_granted_slots', 'Operations at the same time that are granted to units');
  const seconds = metrics.histogram('vsmcp_bargain_seconds', 'Time to share the pool anew');
  return ({ demands, replicas, bargain: made }, took) => {
    seconds.observe(took / 1000);
    const demand = sum(demands.map(({ wants }) => wants));
    ratio.set(made.pool === 0 ? 0 : demand / made.pool);
    const each = replicas.length === 0 ? config.settings.max_concurrent_operations : made.pool / replicas.length;
    replicasWanted.set(Math.max(1, Math.ceil(demand / (each * IN_USE))));
    granted.set(sum(made.slots));
  };
}
