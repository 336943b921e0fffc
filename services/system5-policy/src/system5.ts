import { consumers, type Service, type ServiceContext } from '@vsmcp/service';
import { type Answer, type Asked, reasonOf } from '@vsmcp/vsm';
import { acquisitions } from './acquisitions/acquisitions.js';
import type { Policy } from './acquisitions/decision.js';
import { DeliberationEvent } from './acquisitions/deliberated.js';
import { AlertEvent } from './pain/alerts.js';
import { pain } from './pain/pain.js';
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
 * System 5: identity and policy. It judges what System 4 proposes, lets people decide what policy leaves to them, and takes
 * pain up until somebody acknowledges it. One instance leads; its state is what the journal holds.
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
  const deliberation = acquisitions(context, policy, epoch);
  const alerts = pain(context, context.config.pain, epoch);
  const operations = inside(context, epoch);
  for await (const entry of context.journal.replay('s5')) {
    const event = DeliberationEvent.safeParse(entry.data);
    if (event.success) deliberation.machine.restore(event.data);
    const alert = AlertEvent.safeParse(entry.data);
    if (alert.success) alerts.machine.restore(alert.data);
    operations.restore(entry);
  }
  await deliberation.repeat();
  const refuse = refusing(context, epoch);
  const hearing = await consumers([
    context.hear('s5.algedonic', [alerts.hearing]),
    context.hear('s5.intelligence', [deliberation.hearing, deliberation.held]),
    context.hear({ channel: 'report', bind: ['s3.*.account'] }, [operations.hearing]),
    context.answer({
      decisions: async () => ({ ...(await deliberation.decisions()), needs: operations.needs() }),
      async decide(asked) {
        const answer = await deliberation.decide(asked);
        const { by, proposal: server } = asked;
        if (!answer.accepted) await refuse({ action: 'decide', by, server, because: answer.because });
        return answer;
      },
      acquire: (asked) => deliberation.acquire(asked),
      change: (asked) => deliberation.change(asked),
      alerts: () => alerts.alerts(),
      acknowledge: (asked) => alerts.acknowledge(asked),
      policies: async () => policiesOf(context.config, operations.priority()),
      prioritize: (asked) => operations.prioritize(asked),
      whose: async (asked) => whose(context.config, asked),
      permit: permitting(context, policy, refuse),
    }),
  ]);
  await operations.direct();
  const stopTicking = inTurn(context, TICK, 'deadlines not kept', async () => {
    await Promise.all([deliberation.tick(), alerts.tick()]);
  });
  const stopLooking = inTurn(context, LOOK, 'pain in the database not read', () => alerts.found());
  const report = upward(context, alone);
  const stopReporting = inTurn(context, REPORT, 'the fleet above not told how this one is', report);
  context.leadershipState({ state: 'active', epoch });
  context.log.info({ epoch, pending: (await deliberation.decisions()).pending.length }, 'System 5 leads');
  return async () => {
    stopTicking();
    stopLooking();
    stopReporting();
    await hearing.stop();
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

/** What may be done: operations by the rules of policy, acts of agents by their grants. */
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

/** Runs `task` every `ms` milliseconds, never twice at the same time; one that fails is logged and tried again. */
function inTurn({ clock, log }: ServiceContext, ms: number, trouble: string, task: () => Promise<void>): () => void {
  let running = false;
  return clock.every(ms, () => {
    if (running) return;
    running = true;
    task()
      .catch((error: unknown) => log.error({ err: error }, `${trouble}: ${reasonOf(error)}`))
      .finally(() => {
        running = false;
      });
  });
}
