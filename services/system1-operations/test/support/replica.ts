import { openMcpHost } from '@vsmcp/mcp';
import type { Service, ServiceContext } from '@vsmcp/service';
import type { DataOf, MessageKind, Outcome, System } from '@vsmcp/vsm';
import { CACHE } from '../../../../test/support/cache.js';
import type { Fleet } from '../../../../test/support/fleet.js';
import { openSystem1 } from '../../src/index.js';

/** A replica of System 1 with real servers. */
export function replica(): Service {
  return openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
}

/** Another system, for the test to speak and listen as. */
export function voice(system: System): Service & { context: () => ServiceContext } {
  let given: ServiceContext | undefined;
  return {
    system,
    async start(context) {
      given = context;
      return async () => {};
    },
    context() {
      if (given === undefined) throw new Error(`${system} is not started`);
      return given;
    },
  };
}

/** Keeps what is said of one kind. */
export async function listen<K extends MessageKind>(
  context: ServiceContext,
  kind: K,
  channel: 'report' | 'coordination' | 'algedonic',
  key: string,
  keep: (data: DataOf<K>) => void,
): Promise<void> {
  await context.hear({ channel, bind: [key] }, [
    { kind, handle: async ({ data }) => keep(kind.data.parse(data) as DataOf<K>) },
  ]);
}

/** The outcome of an event, once there is one. */
export function fate(fleet: Fleet, id: string, timeout = 20_000): Promise<DataOf<typeof Outcome>> {
  const of = () => fleet.outcomes.filter((o) => o.event.id === id).at(-1);
  return fleet.until(of, { timeout, what: `an outcome of ${id}` });
}

export const MEMORY = {
  npm: '@modelcontextprotocol/server-memory@2026.8.31',
  env: { MEMORY_FILE_PATH: 'desk/memory.jsonl' },
  writes: 'desk',
};
export const FILESYSTEM = {
  npm: '@modelcontextprotocol/server-filesystem@2026.8.31',
  args: ['desk'],
  writes: 'desk',
};
export const EVERYTHING = { npm: '@modelcontextprotocol/server-everything@2026.8.31', parallel: true };
export const NPM_EVERYTHING = '@modelcontextprotocol/server-everything@2026.8.31';
