import { fileURLToPath } from 'node:url';
import { openRegistry, type Registry, type Skipped } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { type Candidate, reasonOf } from '@vsmcp/vsm';

/** Servers that cannot be acquired and are remembered, of one registry. */
const MOST_UNUSABLE = 5000;
/** Malformed entries that a registry is shown with. */
const MOST_LEFT = 20;

export type Unusable = Skipped & { registry: string };

export interface Found {
  candidates: Candidate[];
  /** Servers that cannot be acquired, and why. */
  unusable: Unusable[];
  /** `left`: the first entries that are malformed and left out, with what is wrong. */
  registries: { registry: string; servers: number; error?: string; left?: string[] }[];
}

/** The list of servers that ships with this service, in the registry's own format. */
const SHIPPED = fileURLToPath(new URL('../registry.json', import.meta.url));

/**
 * All registries of the config as one. A registry that cannot be read is named with its reason; the others are used.
 */
export function openRegistries(
  context: Pick<ServiceContext, 'config' | 'home' | 'dataDir' | 'clock' | 'log'>,
): (signal?: AbortSignal) => Promise<Found> {
  const { config, home, dataDir, clock, log } = context;
  const ttl = config.settings.mcp_discovery_interval;
  const options = { home, dataDir, clock, log, ttl };
  const registries: Registry[] = config.registries.map((place) =>
    place === 'shipped' ? openRegistry(SHIPPED, { ...options, name: 'shipped' }) : openRegistry(place, options),
  );
  const troubles = new Map<string, string>();

  return async (signal) => {
    const answers = await Promise.all(
      registries.map(async (registry) => {
        try {
          const left: string[] = [];
          const unusable: Unusable[] = [];
          const candidates = await registry.candidates(
            signal,
            (entry) => void (left.length < MOST_LEFT && left.push(entry)),
            (server) => void (unusable.length < MOST_UNUSABLE && unusable.push({ ...server, registry: registry.name })),
          );
          troubles.delete(registry.name);
          return { registry: registry.name, candidates, unusable, ...(left.length > 0 && { left }) };
        } catch (error) {
          const because = reasonOf(error);
          if (troubles.get(registry.name) !== because) log.warn({ registry: registry.name }, because);
          troubles.set(registry.name, because);
          return { registry: registry.name, candidates: [], unusable: [], error: because };
        }
      }),
    );
    const byName = new Map<string, Candidate>();
    // The first registry that names a server speaks for it.
    for (const { candidates } of answers)
      for (const candidate of candidates) if (!byName.has(candidate.name)) byName.set(candidate.name, candidate);
    return {
      candidates: [...byName.values()],
      unusable: answers.flatMap(({ unusable }) => unusable).filter(({ name }) => !byName.has(name)),
      registries: answers.map(({ candidates, unusable: _, ...rest }) => ({ ...rest, servers: candidates.length })),
    };
  };
}
