import type { ServiceContext } from '@vsmcp/service';
import { type Capability, type CapabilityState, type DataOf, Reapproval } from '@vsmcp/vsm';
import { reapprovalOf } from './drift.js';
import { Replicas } from './replicas.js';
import { observed } from './servers.js';
import type { CapabilityTable } from './table.js';

/**
 * Takes the replicas' reports on their servers into the table, and has System 5 decide about those that offer something
 * else than was approved.
 */
export function observing(context: ServiceContext, epoch: number, table: CapabilityTable) {
  const { clock, journal, log } = context;
  const replicas = new Replicas();

  /** Has System 5 decide about a suspended server. Asked again, it is the same question. */
  async function ask(row: Capability, cause: string): Promise<void> {
    const proposal = reapprovalOf(row);
    if (proposal) await context.say(Reapproval, 's3.proposal', proposal, { id: proposal.proposal, cause });
  }

  return {
    ask,
    /** A sign of life of a replica. @param every ms until its next heartbeat */
    seen: (instance: string, every?: number) => replicas.seen(instance, clock.now(), every),
    async observe(report: DataOf<typeof CapabilityState>, cause: string): Promise<void> {
      replicas.says(report, clock.now());
      const { rows } = await table.read();
      const row = rows.find((r) => r.server === report.server);
      const next = row && observed(row, report, replicas.readyElsewhere(report.server, report.instance));
      if (!next) return;
      const version = await table.write(next);
      const { server, state, contract, reason, confinement } = next;
      const data = { server, state, contract, reason, confinement, instance: report.instance };
      await journal.append({ system: 's3', epoch, type: `capability.${state}`, cause, data });
      log.info(data, `${server} is ${state}${reason ? `: ${reason}` : ''}`);
      if (state === 'suspended') await ask(next, cause);
      // The replicas know their own state; what they cannot know is a contract just pinned, or one that another broke.
      if (row.contract !== next.contract || state === 'suspended') await table.announce(version, cause);
    },
  };
}
