import { relative } from 'node:path';
import { type Environment, type FleetConfig, problemText, unknownVariables } from '@vsmcp/service';
import { count } from '../output.js';
import { broken, type Finding, ok, warning } from './finding.js';
import type { Situation } from './situation.js';

/** The environment's variables, and vsmcp.yaml. */
export async function lookAtConfig({ env, file, settings, config }: Situation): Promise<Finding[]> {
  const wrong =
    'wrong' in settings ? settings.wrong.split('\n').map((each) => broken(each, 'correct or unset the variable')) : [];
  const known = 'wrong' in config ? [] : fromEnvironment(config);
  const unknown = unknownVariables(env, known).map((each) => warning(each, 'correct or unset the variable'));
  return [...wrong, ...unknown, ofFile(relative(process.cwd(), file) || file, config), ...unset(config, env)];
}

function ofFile(shown: string, config: Situation['config']): Finding {
  if (!('wrong' in config)) {
    const { name, units, servers } = config;
    return ok(
      `${shown}: ${name}, ${count(Object.keys(units).length, 'unit')}, ${count(Object.keys(servers).length, 'server')}`,
    );
  }
  if (config.wrong === 'missing') return broken(`there is no ${shown}`, 'vsmcp init, or name one: --config');
  if (config.wrong === 'unreadable') return broken(config.why, 'make it readable for this user');
  const [first, ...more] = config.wrong;
  const others = more.length === 0 ? '' : `, and ${count(more.length, 'problem')} more`;
  return broken(
    `${first === undefined ? shown : problemText(first, shown)}${others}`,
    `correct it: vsmcp validate ${shown}`,
  );
}

/** Names of the variables that servers and units are given, wherever the configuration says `from`. */
export function fromEnvironment(config: FleetConfig): string[] {
  const names: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('from' in value && typeof value.from === 'string') names.push(value.from);
    for (const each of Object.values(value)) visit(each);
  };
  visit(config.servers);
  visit(config.units);
  return names;
}

/** Variables that servers and units take from the environment, and that are not there. */
export function unset(config: Situation['config'], env: Environment): Finding[] {
  if ('wrong' in config) return [];
  return [...unsetOfServers(config, env), ...unsetOfSystems(config, env)];
}

function unsetOfSystems({ units }: Pick<FleetConfig, 'units'>, env: Environment): Finding[] {
  return Object.entries(units).flatMap(([unit, { system }]) => {
    if (typeof system !== 'object') return [];
    const { broker, cookie } = system;
    const wants = [
      { what: 'broker', from: broker, mend: 'a URL such as amqp://user:password@host:5672/vhost' },
      { what: 'cookie', from: cookie, mend: 'what that fleet has as VSMCP_COOKIE' },
    ];
    return wants.flatMap(({ what, from, mend }) => {
      if (typeof from !== 'object' || env[from.from] !== undefined) return [];
      const problem = `unit ${unit} wants ${from.from} for its ${what}, which is not set`;
      return [broken(problem, `set ${from.from} where the fleet runs, to ${mend}`)];
    });
  });
}

function unsetOfServers({ servers }: Pick<FleetConfig, 'servers'>, env: Environment): Finding[] {
  return Object.entries(servers).flatMap(([server, { args, env: variables, headers }]) => {
    const values = [...args, ...Object.values(variables), ...Object.values(headers)];
    const missing = values.flatMap((value) =>
      typeof value === 'object' && env[value.from] === undefined ? [value.from] : [],
    );
    return missing.map((name) =>
      broken(`server ${server} wants ${name}, which is not set`, `set ${name} where the fleet runs`),
    );
  });
}
