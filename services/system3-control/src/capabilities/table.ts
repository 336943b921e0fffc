import type { ServiceContext } from '@vsmcp/service';
import { CapabilitiesChanged, type Capability } from '@vsmcp/vsm';

/**
 * The table of servers: rows are written under this leader's epoch and counted, and System 1 is told of what it is to
 * do by them.
 */
export function capabilityTable(context: ServiceContext, epoch: number) {
  const counted = context.metrics.gauge('vsmcp_capabilities', 'Servers the fleet knows, by state', ['state']);
  const commands = context.metrics.counter('vsmcp_commands_total', 'Commands of System 3', ['verb']);

  return {
    commanded: (verb: string) => commands.inc({ verb }),
    read: () => context.capabilities.read(),
    /** @returns the table's version after it */
    async write(row: Capability): Promise<number> {
      const version = await context.capabilities.write(row.server, row, { system: 's3', epoch });
      const { rows } = await context.capabilities.read();
      for (const state of ['wanted', 'ready', 'suspended', 'failed', 'removed'] as const)
        counted.set({ state }, rows.filter((r) => r.state === state).length);
      return version;
    },
    async announce(version: number, cause?: string): Promise<void> {
      await context.say(CapabilitiesChanged, 's1.all.capabilities', { version, epoch }, cause ? { cause } : {});
      commands.inc({ verb: 'capabilities' });
    },
  };
}

export type CapabilityTable = ReturnType<typeof capabilityTable>;
