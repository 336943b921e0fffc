import { type EventSourced, eventSourced, type Hearing, on, type ServiceContext, type Tell } from '@vsmcp/service';
import { AlertState, Algedonic, type Answer, type Asked, type DataOf, VsmError } from '@vsmcp/vsm';
import { aboveOf } from './above.js';
import {
  AlertEvent,
  type AlertsState,
  acknowledge,
  evolve,
  NO_ALERTS,
  overdue,
  type PainPolicy,
  shown,
  signalled,
  stateOf,
} from './alerts.js';

/**
 * System 5's part in the algedonic channel: it hears pain and pleasure from all systems past their reports, tells the
 * owner, and takes pain up, first to itself and then to the fleet above, until somebody acknowledges it (`alerts.ts`
 * decides).
 */
export class Pain {
  readonly hearing: Hearing = on(Algedonic, ({ data, id }) => this.#hear(data, id));
  readonly alerts: EventSourced<AlertsState, AlertEvent>;
  readonly #context: ServiceContext;
  readonly #policy: PainPolicy;
  readonly #above;
  readonly #open;
  readonly #heard;

  constructor(context: ServiceContext, policy: PainPolicy, epoch: number) {
    const { journal, log, metrics } = context;
    this.#context = context;
    this.#policy = policy;
    this.#open = metrics.gauge('vsmcp_alerts', 'Alerts that stand, by level', ['level']);
    this.#heard = metrics.counter('vsmcp_algedonic_total', 'Algedonic signals heard', ['severity']);
    this.alerts = eventSourced<AlertsState, AlertEvent>(journal, {
      system: 's5',
      epoch,
      initial: NO_ALERTS,
      evolve,
      read: ({ data }) => AlertEvent.safeParse(data).data,
      unjournalled(error, event) {
        // Pain does not wait for the database; but a deposed leader says nothing.
        if (!(error instanceof VsmError) || error.code !== 'VSM_DATABASE') throw error;
        log.error({ err: error, alert: event.alert }, 'an alert could not be journalled; it is told all the same');
      },
    });
    this.#above = aboveOf(context, policy, this.alerts, this.#tell);
  }

  /** Takes up what the broker could not carry. */
  async found(): Promise<void> {
    await this.#context.pain.drain((id, signal) => this.#hear(signal, id));
  }

  /** Lets climb what nobody acknowledged in time. */
  async tick(): Promise<void> {
    const { clock } = this.#context;
    await this.alerts.run((state) => overdue(state, this.#policy, clock.now()), 'pain.climb', this.#tell);
    await this.#above.tick();
  }

  shown(): Answer<'alerts'> {
    const { open, closed } = this.alerts.state;
    return { alerts: [...[...open.values()].map(shown), ...closed] };
  }

  async acknowledge({ alert, by }: Asked<'acknowledge'>): Promise<Answer<'acknowledge'>> {
    const { clock } = this.#context;
    let acknowledged: string[] = [];
    await this.alerts.run(
      (state) => acknowledge(state, alert, by, clock.now()),
      by,
      async (changes, state) => {
        acknowledged = changes.map(({ event }) => event.alert);
        await this.#tell(changes, state);
      },
    );
    return { acknowledged };
  }

  async #hear(signal: DataOf<typeof Algedonic>, id: string): Promise<void> {
    const { clock } = this.#context;
    this.#heard.inc({ severity: signal.severity });
    await this.alerts.run((state) => signalled(state, this.#policy, signal, clock.now()), id, this.#tell);
  }

  readonly #tell: Tell<AlertsState, AlertEvent> = async (changes, state) => {
    const { log, say } = this.#context;
    for (const { event } of changes) {
      const alert = stateOf(state, event.alert);
      if (!alert) continue;
      const fields = { alert: alert.alert, unit: alert.unit, level: alert.level, told: alert.told };
      if (alert.level === 'system5') log.error(fields, alert.what);
      else log.warn(fields, `${alert.level}: ${alert.what}`);
      // A broker that takes nothing now must not hold up the next pain: the bus keeps it until it does.
      say(AlertState, 's5.alert', alert, { cause: alert.alert }).catch((error: unknown) =>
        log.error({ ...fields, err: error }, 'the alert could not be told'),
      );
    }
    for (const level of ['owner', 'system5', 'acknowledged'] as const)
      this.#open.set({ level }, [...state.open.values()].filter((alert) => alert.level === level).length);
  };
}
