import { on, type ServiceContext } from '@vsmcp/service';
import { AlertState, Algedonic, type Answer, type Asked, VsmError } from '@vsmcp/vsm';
import { machine } from '../machine.js';
import { aboveOf } from './above.js';
import {
  type AlertEvent,
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

/** Hears pain and pleasure, tells the owner, and climbs when nobody acknowledges. */
export function pain(context: ServiceContext, policy: PainPolicy, epoch: number) {
  const { clock, journal, log, metrics } = context;
  const openAlerts = metrics.gauge('vsmcp_alerts', 'Alerts that stand, by level', ['level']);
  const heardOf = metrics.counter('vsmcp_algedonic_total', 'Algedonic signals heard', ['severity']);

  const alerts = machine<AlertsState, AlertEvent>(NO_ALERTS, evolve, async (event, cause) => {
    try {
      await journal.append({ system: 's5', epoch, type: event.type, cause, data: event });
    } catch (error) {
      // Pain does not wait for the database; but a deposed leader says nothing.
      if (!(error instanceof VsmError) || error.code !== 'VSM_DATABASE') throw error;
      log.error({ err: error, alert: event.alert }, 'an alert could not be journalled; it is told all the same');
    }
  });

  async function tell(events: readonly AlertEvent[], state: AlertsState): Promise<void> {
    for (const event of events) {
      const alert = stateOf(state, event.alert);
      if (!alert) continue;
      const fields = { alert: alert.alert, unit: alert.unit, level: alert.level, told: alert.told };
      if (alert.level === 'system5') log.error(fields, alert.what);
      else log.warn(fields, `${alert.level}: ${alert.what}`);
      // A broker that takes nothing now must not hold up the next pain: the bus keeps it until it does.
      context
        .say(AlertState, 's5.alert', alert, { cause: alert.alert })
        .catch((error: unknown) => log.error({ ...fields, err: error }, 'the alert could not be told'));
    }
    for (const level of ['owner', 'system5', 'acknowledged'] as const)
      openAlerts.set({ level }, [...state.open.values()].filter((alert) => alert.level === level).length);
  }

  const above = aboveOf(context, policy, alerts, tell);
  return {
    machine: alerts,
    above,
    hearing: on(Algedonic, async (message) => {
      heardOf.inc({ severity: message.data.severity });
      await alerts.run((state) => signalled(state, policy, message.data, clock.now()), message.id, tell);
    }),
    /** Takes up what the broker could not carry. */
    async found(): Promise<void> {
      await context.pain.drain(async (id, signal) => {
        heardOf.inc({ severity: signal.severity });
        await alerts.run((state) => signalled(state, policy, signal, clock.now()), id, tell);
      });
    },
    async tick(): Promise<void> {
      await alerts.run((state) => overdue(state, policy, clock.now()), 'pain.climb', tell);
      await above.tick();
    },
    async alerts(): Promise<Answer<'alerts'>> {
      const { state } = alerts;
      return { alerts: [...[...state.open.values()].map(shown), ...state.closed] };
    },
    async acknowledge(asked: Asked<'acknowledge'>): Promise<Answer<'acknowledge'>> {
      let acknowledged: string[] = [];
      await alerts.run(
        (state) => {
          const events = acknowledge(state, asked.alert, asked.by, clock.now());
          acknowledged = events.map((event) => event.alert);
          return events;
        },
        asked.by,
        tell,
      );
      return { acknowledged };
    },
  };
}
