import { tmpdir } from 'node:os';
import { VsmError } from '@vsmcp/vsm';
import semver from 'semver';
import { z } from 'zod';
import { run } from '../run.js';
import { meaning } from './npm.js';
import { findNpm, npmEnvironment } from './npm-cli.js';

/** npm as one asks it about itself and about packages; nothing is installed. */
export interface Npm {
  /** Its npm-cli.js. */
  readonly cli: string;
  version(timeout: number): Promise<string>;
  /** ms until its registry answered. Rejects with VSM_INSTALL when it does not within `timeout` ms. */
  ping(timeout: number): Promise<number>;
  /** The newest exact version that fits `name`, `name@range` or `name@tag`. Rejects with VSM_INSTALL. */
  newest(spec: string, timeout: number): Promise<string>;
}

const Versions = z.union([z.string(), z.array(z.string()).min(1)]);

/**
 * @param options.env how to reach the registry, as npm takes it from the environment
 * @throws VSM_INSTALL when this machine has no npm
 */
export function openNpm({
  cli = findNpm(),
  env: given = process.env,
}: {
  cli?: string;
  env?: NodeJS.ProcessEnv;
} = {}): Npm {
  const ask = async (what: string, args: readonly string[], timeout: number): Promise<string> => {
    const flags = ['--no-update-notifier', '--fetch-retries=0', '--loglevel=error'];
    const env = npmEnvironment(given);
    const ran = await run(process.execPath, [cli, ...args, ...flags], { cwd: tmpdir(), env, timeout });
    if (ran.code === 0 && !ran.ended) return ran.stdout;
    const why = ran.ended ? `npm did not answer within ${timeout / 1000} s` : meaning(ran.stderr);
    throw new VsmError('VSM_INSTALL', `${what}: ${why}`);
  };
  return {
    cli,
    version: async (timeout) => (await ask('npm', ['--version'], timeout)).trim(),
    async ping(timeout) {
      const started = performance.now();
      await ask('the npm registry', ['ping'], timeout);
      return performance.now() - started;
    },
    async newest(spec, timeout) {
      const said = (await ask(spec, ['view', spec, 'version', '--json'], timeout)).trim();
      // nothing at all is how npm says that no version fits
      const versions = Versions.safeParse(said === '' ? [] : JSON.parse(said));
      if (!versions.success) throw new VsmError('VSM_INSTALL', `${spec}: no such version in the registry; correct it`);
      const all = typeof versions.data === 'string' ? [versions.data] : versions.data;
      return all.reduce((best, each) => (semver.gt(each, best) ? each : best));
    },
  };
}
