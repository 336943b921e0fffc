import type { Metrics } from '../metrics/metrics.js';
import type { Leaderships } from './leadership.js';

/** Leaderships that show in the metrics which leases this instance holds, and since which epoch. */
export function shown(leaderships: Leaderships, metrics: Metrics): Leaderships {
  const leading = metrics.gauge('vsmcp_leading', '1 while this instance holds the lease', ['lease']);
  const epochs = metrics.gauge('vsmcp_lease_epoch', 'Epoch in which this instance last led', ['lease']);
  return {
    leader: (lease) => leaderships.leader(lease),
    campaign(lease, lead) {
      leading.set({ lease }, 0);
      return leaderships.campaign(lease, async (epoch) => {
        const end = await lead(epoch);
        leading.set({ lease }, 1);
        epochs.set({ lease }, epoch);
        return async () => {
          leading.set({ lease }, 0);
          await end();
        };
      });
    },
  };
}
