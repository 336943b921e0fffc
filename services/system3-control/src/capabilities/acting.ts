import type { ServiceContext } from '@vsmcp/service';
import { type DataOf, type JournalEntry, Settle, Try, type Verdict } from '@vsmcp/vsm';
import type { Cooling } from '../regulating/cooling.js';
import { type Action, nothing } from './action.js';
import type { CapabilityTable } from './table.js';
import type { Upgrades } from './upgrades.js';
import { actionOf } from './verdicts.js';

/** Verdicts remembered as done, so that a repeat is not done again. */
const MOST_DONE = 10_000;

/** Does what System 5 allowed, each verdict once. */
export function acting(
  context: ServiceContext,
  epoch: number,
  table: CapabilityTable,
  { cooling, upgrades }: { cooling: Cooling; upgrades: Upgrades },
) {
  const { journal, log } = context;
  const done = new Set<string>();

  function remember(verdict: string): void {
    done.add(verdict);
    const [oldest] = done;
    if (done.size > MOST_DONE && oldest !== undefined) done.delete(oldest);
  }

  async function carryOut(action: Action, { proposal }: DataOf<typeof Verdict>, cause: string): Promise<void> {
    if (action.do === 'try') await context.say(Try, 's1.any.try', action.command, { cause });
    if (action.do === 'settle') await context.say(Settle, 's1.any.settle', action.command, { cause });
    if (action.do === 'write') await table.announce(await table.write(action.row), cause);
    if (action.do === 'try' && proposal.stage === 'upgrade') upgrades.tries(proposal);
    else table.commanded(action.do);
  }

  return {
    async act(verdict: DataOf<typeof Verdict>, cause: string): Promise<void> {
      if (verdict.verdict !== 'allow' || done.has(cause)) return;
      const { proposal, stage, server, type } = verdict.proposal;
      const cooled = stage === 'install' ? cooling.holds(server) : undefined;
      const action = cooled === undefined ? actionOf(verdict, (await table.read()).rows, epoch) : nothing(cooled);
      await carryOut(action, verdict, cause);
      const because = action.do === 'nothing' ? action.because : verdict.because;
      const data = { proposal, stage, server, type, did: action.do, rule: verdict.rule, because };
      // Journalled after the deed: a leader that goes in between leaves the verdict unacknowledged, and it is done
      // again.
      await journal.append({ system: 's3', epoch, type: 'verdict.done', cause, data });
      remember(cause);
      if (action.do === 'nothing') log.warn(data, `${stage} of ${server}: ${because}`);
      else log.info(data, `${stage} of ${server}: ${action.do}`);
    },
    /** Verdicts that earlier leaders did. @param entry of System 3's journal, in order */
    restore({ type, cause }: JournalEntry): void {
      if (type === 'verdict.done' && cause !== null) remember(cause);
    },
  };
}
