import { randomUUID } from 'node:crypto';
import { connectAmqp } from '@vsmcp/nervous-system';
import { realClock } from '../clock.js';
import type { FleetConfig } from '../config/schema.js';
import type { Reach } from './context.js';
import type { Runtime } from './runtime.js';

/**
 * Joins fleets over AMQP: this process's own, and those below it on the same broker or another.
 */
export function amqpReach(
  url: string,
  { config, runtime }: { config: FleetConfig; runtime: Pick<Runtime, 'amqpDeclare' | 'amqpPoolSize'> },
): Reach {
  const { amqpDeclare: declare, amqpPoolSize: pool } = runtime;
  const around = { heartbeat: config.settings.amqp_heartbeat, declare, pool, clock: realClock, ids: randomUUID };
  return (member, broker) => connectAmqp({ ...member, ...around, url: broker ?? url });
}
