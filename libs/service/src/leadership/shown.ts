import type { Metrics } from '../metrics/metrics.js';
import type { Leaderships, Led, LossCause } from './leadership.js';

/** Leaderships that show in the metrics which leases this instance holds, and since which epoch. */
export function shown(leaderships: Leaderships, metrics: Metrics): Leaderships {
  const leading = metrics.gauge('vsmcp_leading', '1 while this instance holds the lease', ['lease']);
  const epochs = metrics.gauge('vsmcp_lease_epoch', 'Epoch in which this instance last led', ['lease']);
  return {
    leader: (lease) => leaderships.leader(lease),
    campaign(lease, lead) {
      const show = (holds: boolean) => leading.set({ lease }, holds ? 1 : 0);
      show(false);
      return leaderships.campaign(lease, async (epoch) => {
        const led = await lead(epoch);
        show(true);
        epochs.set({ lease }, epoch);
        return typeof led === 'function' ? showing(led, show) : pausing(led, show);
      });
    },
  };
}

/** Counts the leases that are lost; those that are given back are not. */
export function countLost(metrics: Metrics): (lease: string, cause: LossCause) => void {
  const lost = metrics.counter(
    'vsmcp_leases_lost_total',
    'Leases lost while they were held: taken by another, or not confirmed in time (late)',
    ['lease', 'cause'],
  );
  return (lease, cause) => lost.inc({ lease, cause });
}

function showing(end: () => Promise<void>, show: (holds: boolean) => void): () => Promise<void> {
  return () => {
    show(false);
    return end();
  };
}

function pausing(led: Led, show: (holds: boolean) => void): Led {
  return {
    pause: showing(() => led.pause(), show),
    resume: async () => {
      await led.resume();
      show(true);
    },
    end: showing(() => led.end(), show),
  };
}
