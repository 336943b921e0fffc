import { type Below, type FleetConfig, secretsOf } from '@vsmcp/service';
import { pathOfSystem, VsmError, WAIT_BELOW } from '@vsmcp/vsm';

type Env = Readonly<Record<string, string | undefined>>;

/** A unit that is a fleet. */
export interface System extends Below {
  unit: string;
  absorbs: readonly string[];
  /** How long (ms) an event may wait in it before it hurts here. */
  wait: number;
}

/**
 * The units that are systems.
 * @param env where brokers and cookies that are kept in variables stand
 * @throws VSM_CONFIG naming the variable that is not set
 */
export function systemsOf({ path, units }: FleetConfig, env: Env): System[] {
  return Object.entries(units).flatMap(([unit, { system, absorbs = [], wait = WAIT_BELOW }]) => {
    if (system === undefined) return [];
    const below = { unit, absorbs, wait, path: pathOfSystem(path, unit, system) };
    if (typeof system === 'string') return [below];
    const { broker, cookie } = system;
    const url = typeof broker === 'object' ? brokerIn(unit, broker.from, env) : broker;
    return [
      {
        ...below,
        ...(url !== undefined && { broker: url }),
        ...(cookie !== undefined && { cookie: cookieIn(unit, cookie.from, env) }),
      },
    ];
  });
}

function brokerIn(unit: string, variable: string, env: Env): string {
  const value = env[variable]?.trim();
  if (value && /^amqps?:\/\//.test(value)) return value;
  throw new VsmError(
    'VSM_CONFIG',
    `${variable} ${value ? 'is no URL such as amqp://user:password@host:5672' : 'is not set'}: the broker of unit ${unit} stands there; set it for System 1`,
  );
}

function cookieIn(unit: string, variable: string, env: Env): string[] {
  const secrets = secretsOf(env[variable] ?? '');
  if (secrets.length > 0) return secrets;
  throw new VsmError(
    'VSM_CONFIG',
    `${variable} is not set: what the members of unit ${unit} sign with (their VSMCP_COOKIE) stands there; set it for System 1`,
  );
}
