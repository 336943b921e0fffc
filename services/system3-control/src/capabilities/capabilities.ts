import { on, type ServiceContext, serial } from '@vsmcp/service';
import {
  type Capability,
  CapabilityState,
  type DataOf,
  grantsOf,
  type Loop,
  sourceOf,
  Tried,
  Verdict,
} from '@vsmcp/vsm';
import { Cooling } from '../regulating/cooling.js';

import { acting } from './acting.js';
import { observing } from './observing.js';
import { reconcile } from './servers.js';
import { capabilityTable } from './table.js';
import { Upgrades } from './upgrades.js';

/**
 * Keeps the table of servers: what System 5 allowed (`acting.ts`), what the replicas report (`observing.ts`), and what
 * vsmcp.yaml wants. One after the other: each reads the table and writes what follows from it.
 */
export function capabilities(context: ServiceContext, epoch: number) {
  const { journal } = context;
  const table = capabilityTable(context, epoch);
  const cooling = new Cooling();
  const upgrades = new Upgrades(context, table);
  const { act, restore } = acting(context, epoch, table, { cooling, upgrades });
  const { ask, observe, seen } = observing(context, epoch, table);
  const inTurn = serial();

  return {
    tried: on(Tried, ({ data, id }) => inTurn(() => upgrades.weigh(data, id))),
    verdicts: on(Verdict, ({ data, id }) => inTurn(() => act(data, id))),
    states: on(CapabilityState, ({ data, id }) => inTurn(() => observe(data, id))),
    /** Servers that come and go and come again. */
    loops: async (loop: DataOf<typeof Loop>) => cooling.heard(loop),
    seen,
    restore,
    /** At the beginning of a leadership, after `restore`: the rows that the config wants. */
    async take(wanted: readonly Capability[]): Promise<void> {
      const { rows, version } = await table.read();
      let latest = version;
      for (const row of reconcile(rows, wanted)) {
        latest = await table.write(row);
        const { server, state, spec } = row;
        const data = { server, state, source: sourceOf(spec), grants: grantsOf(spec) };
        await journal.append({ system: 's3', epoch, type: 'capability.configured', cause: 'vsmcp.yaml', data });
      }
      await table.announce(latest);
      // One may have been suspended by a leader that went before it asked.
      for (const row of (await table.read()).rows) await ask(row, 'takeover');
    },
  };
}
