import { consumers, everyWhenIdle, replay, type Service, type ServiceContext } from '@vsmcp/service';
import type { Answer, Asked } from '@vsmcp/vsm';
import { Acquisitions } from './acquisitions/acquisitions.js';
import type { Policy } from './acquisitions/decision.js';
import { Pain } from './pain/pain.js';
import { ALONE, upward } from './pain/upward.js';
import { permitAgent, Refusals } from './policy/agents.js';
import { inside } from './policy/inside.js';
import { permit, policiesOf, policyOf, whose } from './policy/policy.js';

/** Milliseconds between looks at deadlines: of people who were asked, and of owners who were told. */
const TICK = 250;
/** Milliseconds between looks for pain that the broker could not carry. */
const LOOK = 1000;
/** Milliseconds between looks at what the fleet above should know. */
const REPORT = 1000;

export interface System5Options {
  /** ms after which a fleet that has none above looks again. */
  alone?: number;
}

/**
 * System 5: identity and policy. It judges what System 4 proposes, lets people decide what policy leaves to them, and
 * takes pain up until somebody acknowledges it. One instance leads; its state is what the journal holds.
 */
export function openSystem5({ alone = ALONE }: System5Options = {}): Service {
  return {
    system: 's5',
    async start(context) {
      const policy = policyOf(context.config);
      context.leadershipState({ state: 'standby' });
      const leadership = context.leaderships.campaign('s5', (epoch) => lead(context, policy, epoch, alone));
      return () => leadership.stop();
    },
  };
}

export const system5: Service = openSystem5();

async function lead(context: ServiceContext, policy: Policy & { wait: number }, epoch: number, alone: number) {
  const acquisitions = new Acquisitions(context, policy, epoch);
  const pain = new Pain(context, context.config.pain, epoch);
  const operations = inside(context, epoch);
  await replay(context.journal, 's5', [acquisitions.deliberation, pain.alerts, operations]);
  await acquisitions.repeat();
  const refuse = refusing(context, epoch);
  const hearing = await consumers([
    context.hear('s5.algedonic', [pain.hearing]),
    context.hear('s5.intelligence', [acquisitions.proposals, acquisitions.reapprovals]),
    context.hear({ channel: 'report', bind: ['s3.*.account'] }, [operations.hearing]),
    context.answer({
      decisions: async () => ({ ...acquisitions.decisions(), needs: operations.needs() }),
      async decide(asked) {
        const answer = await acquisitions.decide(asked);
        const { by, proposal: server } = asked;
        if (!answer.accepted) await refuse({ action: 'decide', by, server, because: answer.because });
        return answer;
      },
      acquire: (asked) => acquisitions.acquire(asked),
      change: (asked) => acquisitions.change(asked),
      alerts: async () => pain.shown(),
      acknowledge: (asked) => pain.acknowledge(asked),
      policies: async () => policiesOf(context.config, operations.priority()),
      prioritize: (asked) => operations.prioritize(asked),
      whose: async (asked) => whose(context.config, asked),
      permit: permitting(context, policy, refuse),
    }),
  ]);
  await operations.direct();
  const tick = async () => void (await Promise.all([acquisitions.tick(), pain.tick()]));
  const report = upward(context, alone);
  const stopRepeating = [
    everyWhenIdle(context, TICK, tick, 'deadlines not kept'),
    everyWhenIdle(context, LOOK, () => pain.found(), 'pain in the database not read'),
    everyWhenIdle(context, REPORT, report, 'the fleet above not told how this one is'),
  ];
  context.leadershipState({ state: 'active', epoch });
  context.log.info({ epoch, pending: acquisitions.decisions().pending.length }, 'System 5 leads');
  return async () => {
    await Promise.all([...stopRepeating.map((stop) => stop()), hearing.stop()]);
    context.leadershipState({ state: 'standby' });
  };
}

type Refused = Parameters<Refusals['isNews']>[0] & { rule?: string; because: string };

/** Keeps on record what somebody wanted and may not. */
function refusing({ clock, journal, log }: ServiceContext, epoch: number): (data: Refused) => Promise<void> {
  const refusals = new Refusals();
  return async (data) => {
    if (!refusals.isNews(data, clock.now())) return;
    await journal.append({ system: 's5', epoch, type: 'act.refused', cause: data.by, data });
    log.info(data, `${data.by} may not ${data.action}`);
  };
}

/** Answers what may be done: operations by the rules of policy, acts of agents by their grants. */
function permitting(
  { config, capabilities }: ServiceContext,
  policy: Policy,
  refuse: (data: Refused) => Promise<void>,
) {
  return async (asked: Asked<'permit'>): Promise<Answer<'permit'>> => {
    const { rows } = await capabilities.read();
    const capability = rows.find((row) => row.server === asked.server);
    // System 3 journals what it does not do, with this as the reason
    const { action } = asked;
    if (action === 'operate' || action === 'unit') return permit(policy, action, asked, capability);
    const { permitted, rule, because } = permitAgent(config.gateway.agents, asked, capability);
    if (!permitted) await refuse({ ...asked, rule, because });
    return { permitted, rule, because };
  };
}
