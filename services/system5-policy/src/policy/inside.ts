import { isDeepStrictEqual } from 'node:util';
import { on, type ServiceContext } from '@vsmcp/service';
import { Account, type Answer, type Asked, type DataOf, Direction, type JournalEntry, type Need } from '@vsmcp/vsm';
import { z } from 'zod';

/**
 * Type of the entry of a priority that was set live; it holds until vsmcp.yaml says something else than it did then.
 */
const PRIORITY_SET = 'priority.set';
const Priority = z.record(z.string(), z.number());
const PrioritySet = z.object({ priority: Priority, file: Priority, because: z.string() });

/**
 * System 5 and the inside: it hears System 3's accounts, keeps what needs a decision until System 3 no longer says so,
 * and says what matters more.
 */
export function inside(context: ServiceContext, epoch: number) {
  const { config, journal, log, metrics, say } = context;
  const open = metrics.gauge('vsmcp_needs_open', 'What System 3 cannot settle by itself and waits for a decision');
  let needs: readonly Need[] = [];
  const file = config.policy.priority;
  let matters = { priority: file, because: 'policy.priority of vsmcp.yaml' };

  async function heard({ changed, needs: now }: DataOf<typeof Account>, cause: string): Promise<void> {
    const begun = now.filter(({ need }) => !needs.some((known) => known.need === need));
    const ended = needs.filter(({ need }) => !now.some((known) => known.need === need));
    needs = now;
    open.set(now.length);
    if (changed.length > 0) log.info({ changed: changed.map(({ text }) => text) }, 'System 3 gives account');
    for (const need of begun) {
      await journal.append({ system: 's5', epoch, type: 'need.opened', cause, data: need });
      log.warn({ ...need }, `needs a decision: ${need.what}`);
    }
    for (const need of ended) await journal.append({ system: 's5', epoch, type: 'need.closed', cause, data: need });
  }

  return {
    hearing: on(Account, ({ id, data }) => heard(data, id)),
    needs: (): Need[] => [...needs],
    /** The priority of units as it holds now: unit → factor. */
    priority: () => matters.priority,
    /** @param entry of System 5's journal, in order */
    restore(entry: JournalEntry): void {
      if (entry.type !== PRIORITY_SET) return;
      const said = PrioritySet.safeParse(entry.data);
      if (said.success && isDeepStrictEqual(said.data.file, file)) matters = said.data;
    },
    direct,
    async prioritize({ priority, because, by }: Asked<'prioritize'>): Promise<Answer<'prioritize'>> {
      const data = { priority, file, because: because || `${by} said so` };
      await journal.append({ system: 's5', epoch, type: PRIORITY_SET, cause: by, data });
      matters = data;
      log.info({ priority, by }, `what matters: ${data.because}`);
      await direct();
      return { accepted: true, because: 'System 3 shares by it' };
    },
  };

  /** Tells System 3 what matters: with every leadership anew, since what it was told before may hold no more. */
  async function direct(): Promise<void> {
    const { priority, because } = matters;
    await say(Direction, 's3.all.direct', { epoch, priority, because });
  }
}
