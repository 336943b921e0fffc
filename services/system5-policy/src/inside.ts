import { on, type ServiceContext } from '@vsmcp/service';
import { Account, type DataOf, Direction, type Need } from '@vsmcp/vsm';

/**
 * System 5 and the inside: it hears System 3's accounts, keeps what needs a decision until System 3 no longer says so, and says what matters more.
 */
export function inside(context: ServiceContext, epoch: number) {
  const { config, journal, log, metrics, say } = context;
  const open = metrics.gauge('vsmcp_needs_open', 'What System 3 cannot settle by itself and waits for a decision');
  let needs: readonly Need[] = [];

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
    /** Tells System 3 what matters: with every leadership anew, since what it was told before may hold no more. */
    async direct(): Promise<void> {
      const { priority } = config.policy;
      await say(Direction, 's3.all.direct', { epoch, priority, because: 'policy.priority of vsmcp.yaml' });
    },
  };
}
