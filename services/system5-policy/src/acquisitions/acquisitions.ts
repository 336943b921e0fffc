import { type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import { on, type ServiceContext, type Trace } from '@vsmcp/service';
import { Acquire, type Answer, type Asked, type DataOf, Proposal, Reapproval, Verdict, VsmError } from '@vsmcp/vsm';
import { machine } from '../machine.js';
import { changeOf } from './changes.js';
import type { Policy } from './decision.js';
import {
  type DeliberationEvent,
  type DeliberationState,
  evolve,
  NO_DELIBERATION,
  type Settled,
} from './deliberated.js';
import { alreadyJudged, answer, decided, lapse, pending, propose, settledBy, verdictOf } from './deliberation.js';

/** Decisions shown to who asks. */
const MOST_SHOWN = 200;
/** A decision this old (ms) was told for sure; a younger one may have died with the leader before it was. */
const SURELY_TOLD = 60_000;

/** Hears proposals, says verdicts, and lets people answer what was put to them. */
export function acquisitions(context: ServiceContext, policy: Policy & { wait: number }, epoch: number) {
  const { clock, journal, log, metrics } = context;
  const verdicts = metrics.counter('vsmcp_verdicts_total', 'Verdicts on proposals', ['stage', 'verdict', 'rule']);
  const waiting = metrics.gauge('vsmcp_decisions_pending', 'Decisions that wait for a person');
  const deliberation = machine<DeliberationState, DeliberationEvent>(NO_DELIBERATION, evolve, async (event, cause) => {
    await journal.append({ system: 's5', epoch, type: event.type, cause, data: event });
  });

  /** Of proposals that wait for a person: the answer, whoever gives it, belongs to the acquisition. */
  const traces = new Map<string, Trace>();

  async function tell(settled: Settled, cause: string): Promise<void> {
    const said = verdictOf(settled, epoch);
    const { proposal, verdict, rule, because, by } = said;
    // The same cause brings the same id, so that System 3 can tell a repeat from a new request.
    const id = `verdict:${proposal.proposal}:${settled.print.slice(0, 16)}:${verdict}:${cause}`;
    const trace = traces.get(proposal.proposal) ?? {};
    if (verdict !== 'ask') traces.delete(proposal.proposal);
    await context.say(Verdict, 's5.verdict', said, { id, cause, trace });
    verdicts.inc({ stage: proposal.stage, verdict, rule });
    waiting.set(pending(deliberation.state).length);
    const fields = { proposal: proposal.proposal, stage: proposal.stage, candidate: proposal.candidate.name, rule, by };
    log.info(fields, `${verdict}: ${because}`);
  }

  async function heard(proposal: DataOf<typeof Proposal>, id: string, trace: Trace): Promise<DeliveryResult> {
    traces.set(proposal.proposal, trace);
    try {
      await deliberation.run(
        (state) => propose(state, policy, proposal, clock.now()),
        id,
        async (_events, state) => {
          const settled = alreadyJudged(state, proposal);
          if (settled) await tell(settled, id);
        },
      );
      return DONE;
    } catch (error) {
      if (!(error instanceof VsmError) || error.code !== 'VSM_DATABASE') throw error;
      log.warn({ err: error, proposal: proposal.proposal }, 'the decision cannot be journalled: again in 5 s');
      return { result: 'later', delay: '5s', counted: false };
    }
  }

  return {
    machine: deliberation,
    hearing: on(Proposal, (message, { trace }) => heard(message.data, message.id, trace)),
    held: on(Reapproval, (message, { trace }) => heard(message.data, message.id, trace)),
    /** Says no where nobody answered in time. */
    tick: () =>
      deliberation.run(
        (state) => lapse(state, clock.now()),
        'policy.acquire.wait',
        async (events, state) => {
          for (const event of events) {
            if (event.type !== 'acquire.lapsed') continue;
            const settled = settledBy(state, event);
            if (settled) await tell(settled, 'lapsed');
          }
        },
      ),
    /** What a person or the clock decided may not have been told before the last leader went. */
    async repeat(): Promise<void> {
      waiting.set(pending(deliberation.state).length);
      const since = clock.now() - SURELY_TOLD;
      for (const settled of decided(deliberation.state, MOST_SHOWN)) {
        const { by, rule } = settled.judgement;
        if (settled.at < since || (by === 'policy' && rule !== 'no-answer')) continue;
        await tell(settled, rule === 'no-answer' ? 'lapsed' : 'answered');
      }
    },
    async decide(asked: Asked<'decide'>): Promise<Answer<'decide'>> {
      let refused: string | undefined;
      await deliberation.run(
        (state) => {
          const given = answer(state, asked, clock.now());
          if ('events' in given) return given.events;
          refused = given.refused;
          return [];
        },
        asked.by,
        async (events, state) => {
          for (const event of events) {
            if (event.type !== 'acquire.answered') continue;
            const settled = settledBy(state, event);
            if (settled) await tell(settled, 'answered');
          }
        },
      );
      return refused === undefined
        ? { accepted: true, because: `${asked.verdict}, as ${asked.by} decided`, id: asked.proposal }
        : { accepted: false, because: refused };
    },
    /** A request about a server that the fleet has: judged at once, as far as policy goes. */
    async change(asked: Asked<'change'>): Promise<Answer<'change'>> {
      const id = context.ids();
      const change = changeOf(asked, (await context.capabilities.read()).rows, id);
      await journal.append({ system: 's5', epoch, type: 'change.asked', cause: asked.by, data: { id, ...asked } });
      if ('refused' in change) return { accepted: false, because: change.refused };
      await heard(change.proposal, id, {});
      const judgement = alreadyJudged(deliberation.state, change.proposal)?.judgement;
      if (judgement === undefined) return { accepted: false, because: 'it could not be journalled: ask again' };
      const { verdict, rule, because } = judgement;
      return { accepted: verdict !== 'deny', because: `${verdict}: ${rule}, ${because}`, id };
    },
    async acquire(asked: Asked<'acquire'>): Promise<Answer<'acquire'>> {
      if (!asked.server && !asked.tool && !asked.type)
        return { accepted: false, because: 'name a server, a tool or an event type to acquire for' };
      const proposal = context.ids();
      await journal.append({
        system: 's5',
        epoch,
        type: 'acquire.asked',
        cause: asked.by,
        data: { proposal, ...asked },
      });
      await context.say(Acquire, 's4.all.acquire', { epoch, proposal, ...asked }, { cause: proposal });
      return { accepted: true, because: 'System 4 looks for it; each step is decided under policy', id: proposal };
    },
    async decisions(): Promise<Answer<'decisions'>> {
      const { state } = deliberation;
      return {
        pending: pending(state).map((settled) => ({ ...verdictOf(settled, epoch), until: settled.until })),
        decided: decided(state, MOST_SHOWN).map((settled) => ({ ...verdictOf(settled, epoch), at: settled.at })),
      };
    },
  };
}
