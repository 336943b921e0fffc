import type { Below, FleetConfig } from '@vsmcp/service';
import { pathBelow, VsmError, WAIT_BELOW } from '@vsmcp/vsm';

/** A unit that is a fleet. */
export interface System extends Below {
  unit: string;
  absorbs: readonly string[];
  /** How long (ms) an event may wait in it before it hurts here. */
  wait: number;
}

/**
 * The units that are systems.
 * @param env where the URL of a broker that is kept in a variable stands
 * @throws VSM_CONFIG naming the variable that is not set
 */
export function systemsOf({ path, units }: FleetConfig, env: Readonly<Record<string, string | undefined>>): System[] {
  return Object.entries(units).flatMap(([unit, { system, absorbs = [], wait = WAIT_BELOW }]) => {
    if (system === undefined) return [];
    if (typeof system === 'string') return [{ unit, absorbs, wait, path: pathBelow(path, unit) }];
    const broker = typeof system.broker === 'object' ? fromVariable(unit, system.broker.from, env) : system.broker;
    return [{ unit, absorbs, wait, path: system.path, ...(broker !== undefined && { broker }) }];
  });
}

function fromVariable(unit: string, variable: string, env: Readonly<Record<string, string | undefined>>): string {
  const value = env[variable]?.trim();
  if (value && /^amqps?:\/\//.test(value)) return value;
  throw new VsmError(
    'VSM_CONFIG',
    `${variable} ${value ? 'is no URL such as amqp://user:password@host:5672' : 'is not set'}: the broker of unit ${unit} stands there; set it for System 1`,
  );
}
