import type { ServiceContext, Trace } from '@vsmcp/service';
import { Verdict } from '@vsmcp/vsm';
import type { DeliberationState, Settled } from './deliberated.js';
import { decided, MOST_SHOWN, pending, settledBy, verdictOf } from './deliberation.js';

/** A decision this old (ms) was told for sure; a younger one may have died with the leader before it was. */
const SURELY_TOLD = 60_000;

/**
 * Says what was decided: to the fleet as a Verdict, and in the metrics and the log. A verdict that is said again has
 * the same id, so that System 3 can tell a repeat from a new request.
 */
export class Verdicts {
  readonly #context: ServiceContext;
  readonly #epoch: number;
  readonly #counted;
  readonly #waiting;
  /** Of proposals that wait for a person: the answer, whoever gives it, belongs to the acquisition. */
  readonly #traces = new Map<string, Trace>();

  constructor(context: ServiceContext, epoch: number) {
    const { metrics } = context;
    this.#context = context;
    this.#epoch = epoch;
    this.#counted = metrics.counter('vsmcp_verdicts_total', 'Verdicts on proposals', ['stage', 'verdict', 'rule']);
    this.#waiting = metrics.gauge('vsmcp_decisions_pending', 'Decisions that wait for a person');
  }

  /** A proposal was heard as part of a trace, which its verdicts continue. */
  heard(proposal: string, trace: Trace): void {
    this.#traces.set(proposal, trace);
  }

  /** @param cause the message that asked, `answered` or `lapsed` */
  async tell(settled: Settled, cause: string, state: DeliberationState): Promise<void> {
    const said = verdictOf(settled, this.#epoch);
    const { proposal, verdict, rule, because, by } = said;
    const id = `verdict:${proposal.proposal}:${settled.print.slice(0, 16)}:${verdict}:${cause}`;
    const trace = this.#traces.get(proposal.proposal) ?? {};
    if (verdict !== 'ask') this.#traces.delete(proposal.proposal);
    await this.#context.say(Verdict, 's5.verdict', said, { id, cause, trace });
    this.#counted.inc({ stage: proposal.stage, verdict, rule });
    this.show(state);
    const fields = { proposal: proposal.proposal, stage: proposal.stage, candidate: proposal.candidate.name, rule, by };
    this.#context.log.info(fields, `${verdict}: ${because}`);
  }

  /** Tells the steps that these events have settled. */
  async tellEach(
    events: readonly { proposal: string; step: string }[],
    cause: 'answered' | 'lapsed',
    state: DeliberationState,
  ): Promise<void> {
    for (const event of events) {
      const settled = settledBy(state, event);
      if (settled) await this.tell(settled, cause, state);
    }
  }

  /** Tells again what a person or the clock decided, which the last leader may not have told before it went. */
  async repeat(state: DeliberationState): Promise<void> {
    this.show(state);
    const since = this.#context.clock.now() - SURELY_TOLD;
    for (const settled of decided(state, MOST_SHOWN)) {
      const { by, rule } = settled.judgement;
      if (settled.at < since || (by === 'policy' && rule !== 'no-answer')) continue;
      await this.tell(settled, rule === 'no-answer' ? 'lapsed' : 'answered', state);
    }
  }

  /** The number of decisions that wait, as a metric. */
  show(state: DeliberationState): void {
    this.#waiting.set(pending(state).length);
  }
}
