import { type DeliveryResult, DONE } from '@vsmcp/nervous-system';
import { type EventSourced, eventSourced, type Hearing, on, type ServiceContext, type Trace } from '@vsmcp/service';
import { Acquire, type Answer, type Asked, type DataOf, Proposal, Reapproval, VsmError } from '@vsmcp/vsm';
import { changeOf } from './changes.js';
import type { Policy } from './decision.js';
import { DeliberationEvent, type DeliberationState, evolve, NO_DELIBERATION } from './deliberated.js';
import { alreadyJudged, answer, decisionsOf, lapse, propose } from './deliberation.js';
import { Verdicts } from './verdicts.js';

/**
 * System 5's part in acquisitions: it hears what System 4 and System 3 propose, judges it by policy (`decision.ts`),
 * has people answer what policy leaves to them, and says the verdicts. Its state is rebuilt from the journal.
 */
export class Acquisitions {
  /** Proposals of System 4. */
  readonly proposals: Hearing = on(Proposal, ({ data, id }, { trace }) => this.#judge(data, id, trace));
  /** Proposals of System 3, about servers that the fleet has. */
  readonly reapprovals: Hearing = on(Reapproval, ({ data, id }, { trace }) => this.#judge(data, id, trace));
  readonly deliberation: EventSourced<DeliberationState, DeliberationEvent>;
  readonly #context: ServiceContext;
  readonly #policy: Policy & { wait: number };
  readonly #epoch: number;
  readonly #verdicts: Verdicts;

  constructor(context: ServiceContext, policy: Policy & { wait: number }, epoch: number) {
    this.#context = context;
    this.#policy = policy;
    this.#epoch = epoch;
    this.#verdicts = new Verdicts(context, epoch);
    this.deliberation = eventSourced<DeliberationState, DeliberationEvent>(context.journal, {
      system: 's5',
      epoch,
      initial: NO_DELIBERATION,
      evolve,
      read: ({ data }) => DeliberationEvent.safeParse(data).data,
    });
  }

  /** Tells again what the last leader may not have told. */
  repeat(): Promise<void> {
    return this.#verdicts.repeat(this.deliberation.state);
  }

  /** Says no where nobody answered in time. */
  tick(): Promise<void> {
    const { clock } = this.#context;
    return this.deliberation.run(
      (state) => lapse(state, clock.now()),
      'policy.acquire.wait',
      (changes, state) =>
        this.#verdicts.tellEach(
          changes.flatMap(({ event }) => (event.type === 'acquire.lapsed' ? [event] : [])),
          'lapsed',
          state,
        ),
    );
  }

  /** A person's answer to what was put to them. */
  async decide(asked: Asked<'decide'>): Promise<Answer<'decide'>> {
    const { clock } = this.#context;
    let refused: string | undefined;
    await this.deliberation.run(
      (state) => {
        const given = answer(state, asked, clock.now());
        if ('events' in given) return given.events;
        refused = given.refused;
        return [];
      },
      asked.by,
      (changes, state) =>
        this.#verdicts.tellEach(
          changes.flatMap(({ event }) => (event.type === 'acquire.answered' ? [event] : [])),
          'answered',
          state,
        ),
    );
    return refused === undefined
      ? { accepted: true, because: `${asked.verdict}, as ${asked.by} decided`, id: asked.proposal }
      : { accepted: false, because: refused };
  }

  /** A request about a server that the fleet has: judged at once, as far as policy goes. */
  async change(asked: Asked<'change'>): Promise<Answer<'change'>> {
    const { capabilities, ids } = this.#context;
    const id = ids();
    const change = changeOf(asked, (await capabilities.read()).rows, id);
    await this.#record('change.asked', asked.by, { id, ...asked });
    if ('refused' in change) return { accepted: false, because: change.refused };
    await this.#judge(change.proposal, id, {});
    const judgement = alreadyJudged(this.deliberation.state, change.proposal)?.judgement;
    if (judgement === undefined) return { accepted: false, because: 'it could not be journalled: ask again' };
    const { verdict, rule, because } = judgement;
    return { accepted: verdict !== 'deny', because: `${verdict}: ${rule}, ${because}`, id };
  }

  /** A request for a server, a tool or something for an event type, which System 4 looks for. */
  async acquire(asked: Asked<'acquire'>): Promise<Answer<'acquire'>> {
    if (!asked.server && !asked.tool && !asked.type)
      return { accepted: false, because: 'name a server, a tool or an event type to acquire for' };
    const { ids, say } = this.#context;
    const proposal = ids();
    await this.#record('acquire.asked', asked.by, { proposal, ...asked });
    await say(Acquire, 's4.all.acquire', { epoch: this.#epoch, proposal, ...asked }, { cause: proposal });
    return { accepted: true, because: 'System 4 looks for it; each step is decided under policy', id: proposal };
  }

  decisions(): Answer<'decisions'> {
    return decisionsOf(this.deliberation.state, this.#epoch);
  }

  async #judge(proposal: DataOf<typeof Proposal>, id: string, trace: Trace): Promise<DeliveryResult> {
    const { clock, log } = this.#context;
    this.#verdicts.heard(proposal.proposal, trace);
    try {
      await this.deliberation.run(
        (state) => propose(state, this.#policy, proposal, clock.now()),
        id,
        async (_changes, state) => {
          const settled = alreadyJudged(state, proposal);
          if (settled) await this.#verdicts.tell(settled, id, state);
        },
      );
      return DONE;
    } catch (error) {
      if (!(error instanceof VsmError) || error.code !== 'VSM_DATABASE') throw error;
      log.warn({ err: error, proposal: proposal.proposal }, 'the decision cannot be journalled: again in 5 s');
      return { result: 'later', delay: '5s', counted: false };
    }
  }

  async #record(type: string, cause: string, data: unknown): Promise<void> {
    await this.#context.journal.append({ system: 's5', epoch: this.#epoch, type, cause, data });
  }
}
