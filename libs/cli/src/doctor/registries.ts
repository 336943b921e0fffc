import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, realClock } from '@vsmcp/service';
import { openRegistries } from '@vsmcp/system4-intelligence';
import { count, line } from '../output.js';
import { type Finding, none, ok, warning } from './finding.js';
import { rightOnes, type Situation } from './situation.js';

/** The registries of MCP servers, each read anew. */
export async function lookAtRegistries(situation: Situation, signal: AbortSignal): Promise<Finding[]> {
  const right = rightOnes(situation);
  if (right === undefined) return [none('not looked at: the configuration is not right')];
  const { config, settings } = right;
  if (config.registries.length === 0) return [none('none is configured: nothing is acquired')];
  // a folder of its own, so that no earlier answer stands in for one that is not given now
  const dataDir = await mkdtemp(join(tmpdir(), 'vsmcp-doctor-'));
  const malformed = new Map<string, number>();
  try {
    const read = openRegistries({ config, home: settings.home, dataDir, clock: realClock, log: counting(malformed) });
    const { registries } = await read(signal);
    return registries.map(({ registry, servers, error }) =>
      judge(registry, servers, error, malformed.get(registry) ?? 0),
    );
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

function judge(registry: string, servers: number, error: string | undefined, malformed: number): Finding {
  if (error !== undefined) {
    return warning(`${registry}: ${line(error)}`, 'correct it in registries; until then nothing is acquired from it');
  }
  const offers = `${registry}: ${count(servers, 'server')} that can be run here`;
  if (malformed === 0) return ok(offers);
  return warning(
    `${offers}, ${count(malformed, 'entry').replace('entrys', 'entries')} malformed`,
    `correct the entries of ${registry}; vsmcp up logs each`,
  );
}

/** A log that only counts the entries that are left out, by registry. */
function counting(malformed: Map<string, number>): Log {
  const nothing = () => {};
  const log: Log = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (fields) => {
      if (!('name' in fields && 'path' in fields)) return;
      const name = String(fields.name);
      malformed.set(name, (malformed.get(name) ?? 0) + 1);
    },
    child: () => log,
  };
  return log;
}
