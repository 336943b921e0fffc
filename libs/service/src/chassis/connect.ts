import { randomUUID } from 'node:crypto';
import { connectAmqp, openSigner } from '@vsmcp/nervous-system';
import { realClock } from '../clock.js';
import type { FleetConfig } from '../config/schema.js';
import type { ConnectMember } from './context.js';
import type { Runtime } from './runtime.js';

/**
 * Joins fleets over AMQP: this process's own, and those below it on the same broker or another. A member without a
 * signer of its own signs with the process's cookie.
 * @param url of the own broker
 */
export function amqpConnect(
  url: string,
  { config, runtime }: { config: FleetConfig; runtime: Pick<Runtime, 'amqpDeclare' | 'amqpPoolSize' | 'cookie'> },
): ConnectMember {
  const { amqpDeclare: declare, amqpPoolSize: pool, cookie } = runtime;
  const around = { heartbeat: config.settings.amqp_heartbeat, declare, pool, clock: realClock, ids: randomUUID };
  const signer = cookie.length > 0 ? openSigner(cookie) : undefined;
  return (member, broker) => connectAmqp({ ...member, ...around, url: broker ?? url, signer: member.signer ?? signer });
}
