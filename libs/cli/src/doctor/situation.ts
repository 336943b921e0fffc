import { type HttpSettings, httpSettings } from '@vsmcp/gateway';
import { type ConfigProblem, type Environment, type FleetConfig, type Runtime, readRuntime } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import { checkAll } from '../config/check.js';
import { configFileOf, readIfThere } from '../config/file.js';
import { type FleetSeen, lookAtFleet } from './fleet-seen.js';

export type Settings = Runtime & { http: HttpSettings };

/** The situation that the checks look at; parts that could not be had say why. */
export interface Situation {
  env: Environment;
  file: string;
  settings: Settings | { wrong: string };
  config:
    | FleetConfig
    | { wrong: 'missing' }
    | { wrong: readonly ConfigProblem[] }
    | { wrong: 'unreadable'; why: string };
  /** Where a fleet is looked for. */
  url: string;
  /** Asked once, however many checks want to know. */
  fleet(): Promise<FleetSeen>;
}

export async function situationOf(env: Environment, cwd: string, named: string | undefined): Promise<Situation> {
  const file = configFileOf(named, env, cwd);
  const settings = settingsOf({ ...env, VSMCP_CONFIG: file }, cwd);
  const port = 'wrong' in settings ? undefined : settings.http.port;
  const url = env.VSMCP_URL?.trim() || `http://127.0.0.1:${port ?? 4010}`;
  let seen: Promise<FleetSeen> | undefined;
  const fleet = () => {
    seen ??= lookAtFleet(url);
    return seen;
  };
  return { env, file, settings, config: await configOf(file, env), url, fleet };
}

function settingsOf(env: Environment, cwd: string): Situation['settings'] {
  try {
    return { ...readRuntime(env, cwd), http: httpSettings(env) };
  } catch (error) {
    return { wrong: reasonOf(error) };
  }
}

async function configOf(file: string, env: Environment): Promise<Situation['config']> {
  try {
    const text = await readIfThere(file);
    if (text === undefined) return { wrong: 'missing' };
    const checked = checkAll(text, env);
    return checked.ok ? checked.config : { wrong: checked.problems };
  } catch (error) {
    return { wrong: 'unreadable', why: reasonOf(error) };
  }
}

/** Settings and configuration where both are right: what most checks need. */
export function rightOnes({ settings, config }: Situation): { settings: Settings; config: FleetConfig } | undefined {
  return 'wrong' in settings || 'wrong' in config ? undefined : { settings, config };
}
