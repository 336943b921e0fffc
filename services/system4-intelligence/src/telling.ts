import { type Change, currentTrace, inSpan, type ServiceContext, type Trace } from '@vsmcp/service';
import { Acquisition, Proposal } from '@vsmcp/vsm';
import { type AcquisitionEvent, isOver, type Saga, type State, Step, sagaOf } from './acquisition/state.js';
import { acquisitionOf } from './acquisition/view.js';

/** A change of one acquisition, with the saga before and after it. */
interface Told {
  event: AcquisitionEvent;
  before: Saga | undefined;
  after: Saga | undefined;
  cause: string;
}

/**
 * Says what became of acquisitions: proposals to System 5, steps to whoever follows them, and both in the metrics and
 * the log. A gap that opens begins a trace, and every later step belongs to it.
 */
export class Telling {
  readonly #context: ServiceContext;
  readonly #steps;
  readonly #going;
  /** Of acquisitions that go on: what time or a person brings belongs to them too. */
  readonly #traces = new Map<string, Trace>();
  /** Event type → trace contexts of some that wait, as last seen. */
  #waits: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(context: ServiceContext) {
    const { metrics } = context;
    this.#context = context;
    this.#steps = metrics.counter('vsmcp_acquisition_steps_total', 'Steps of acquisitions', ['step']);
    this.#going = metrics.gauge('vsmcp_acquisitions', 'Event types by the step of their acquisition', ['step']);
  }

  /** @param waits event type → trace contexts of some that wait, to which the spans of acquisitions are linked */
  seen(waits: ReadonlyMap<string, readonly string[]>): void {
    this.#waits = waits;
  }

  /** The number of acquisitions at each step, as a metric. */
  count(state: State): void {
    const counts = new Map<string, number>(Step.options.map((step) => [step, 0]));
    for (const { step } of state.sagas.values()) counts.set(step, (counts.get(step) ?? 0) + 1);
    for (const [step, count] of counts) this.#going.set({ step }, count);
  }

  /** @param next begins what the acquisition needs now, as part of its trace */
  tell({ event, before, after }: Change<State, AcquisitionEvent>, cause: string, next: (saga: Saga) => void) {
    const { proposal } = event;
    const told = { event, before: sagaOf(before, proposal), after: sagaOf(after, proposal), cause };
    if (event.type !== 'acquisition.opened') return this.#tellStep(told, next);
    const { event: type, waiting } = event;
    const attributes = { 'vsmcp.type': type, 'vsmcp.proposal': proposal, 'vsmcp.waiting': waiting };
    const links = this.#waits.get(type)?.map((traceparent) => ({ traceparent })) ?? [];
    return inSpan(this.#context, 'acquire', { attributes, links, begins: true }, async () => {
      this.#traces.set(proposal, currentTrace());
      await this.#tellStep(told, next);
    });
  }

  async #tellStep({ event, before, after: saga, cause }: Told, next: (saga: Saga) => void): Promise<void> {
    const { log, say } = this.#context;
    const trace = this.#traces.get(event.proposal) ?? {};
    if (event.type === 'acquisition.proposed') await say(Proposal, 's4.proposal', event.said, { cause, trace });
    if (saga === undefined || event.type === 'acquisition.probed') return;
    if (saga.step === 'searching' && saga.options === undefined) next(saga);
    if (saga.step === before?.step && saga.because === before.because) return;
    await say(Acquisition, 's4.acquisition', acquisitionOf(saga), { cause, trace });
    if (isOver(saga)) this.#traces.delete(saga.proposal);
    if (saga.step !== before?.step) this.#steps.inc({ step: saga.step });
    log.info({ proposal: saga.proposal, type: saga.type, step: saga.step, server: saga.said?.server }, saga.because);
    if (isOver(saga)) next(saga);
  }
}
