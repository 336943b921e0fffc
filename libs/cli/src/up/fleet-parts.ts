import { consciousness } from '@vsmcp/consciousness';
import { gateway } from '@vsmcp/gateway';
import type { Service } from '@vsmcp/service';
import { system1 } from '@vsmcp/system1-operations';
import { system2 } from '@vsmcp/system2-coordination';
import { system3 } from '@vsmcp/system3-control';
import { system4 } from '@vsmcp/system4-intelligence';
import { system5 } from '@vsmcp/system5-policy';

/** A service of the fleet, and the folder of services/ that it lives in. */
export interface Part {
  service: Service;
  folder: string;
}

/**
 * All services, in the order in which they start: whoever is commanded before whoever commands, and System 4 last,
 * because its senses let the environment in. They stop in the reverse order.
 */
export const PARTS: readonly Part[] = [
  { service: gateway, folder: 'gateway' },
  { service: consciousness, folder: 'consciousness' },
  { service: system2, folder: 'system2-coordination' },
  { service: system1, folder: 'system1-operations' },
  { service: system3, folder: 'system3-control' },
  { service: system5, folder: 'system5-policy' },
  { service: system4, folder: 'system4-intelligence' },
];
