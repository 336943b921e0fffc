import type { EventSourced, ServiceContext, Tell } from '@vsmcp/service';
import { Climbed, type DataOf, reasonOf, VsmError } from '@vsmcp/vsm';
import { type Alert, type AlertEvent, type AlertsState, beyond, type PainPolicy, relieved, told } from './alerts.js';

/**
 * Pain that goes beyond this System 5: to the fleet of which this one is a unit, when its own time is over too, and the
 * word that it is acknowledged or over. Where there is no fleet above nobody takes it, and it is tried again when
 * another time is over.
 */
export function aboveOf(
  { clock, log, say }: Pick<ServiceContext, 'clock' | 'log' | 'say'>,
  policy: PainPolicy,
  alerts: EventSourced<AlertsState, AlertEvent>,
  tell: Tell<AlertsState, AlertEvent>,
) {
  /** Alert → when it is tried again, where nobody took it. */
  const waiting = new Map<string, number>();
  /** Alerts, with their level, of which the fleet above has been told that they are acknowledged or over. */
  const relief = new Set<string>();

  async function climb(alert: Alert): Promise<void> {
    const now = clock.now();
    if ((waiting.get(alert.alert) ?? 0) > now) return;
    try {
      await say(Climbed, 'pain', climbedOf(alert, alert.severity, now), { cause: alert.alert, mandatory: true });
    } catch (error) {
      if (!(error instanceof VsmError && error.code === 'VSM_NOT_FOUND')) {
        log.warn({ alert: alert.alert, reason: reasonOf(error) }, 'the fleet above was not told; tried again');
      }
      waiting.set(alert.alert, now + policy.climb);
      return;
    }
    log.error({ alert: alert.alert, unit: alert.unit }, `nobody acknowledged: the fleet above is told: ${alert.what}`);
    await alerts.run((state) => told(state, alert.alert, now), 'pain.climb', tell);
  }

  async function relieve(alert: Alert): Promise<void> {
    const name = `${alert.alert} ${alert.above} ${alert.level}`;
    if (relief.has(name)) return;
    const data = climbedOf(alert, 'pleasure', clock.now());
    const what =
      alert.level === 'acknowledged' ? `acknowledged by ${alert.by ?? 'somebody'}: ${alert.what}` : alert.what;
    await say(Climbed, 'pain', { ...data, what }, { cause: alert.alert });
    relief.add(name);
  }

  return {
    async tick(): Promise<void> {
      const { state } = alerts;
      for (const alert of waiting.keys()) if (!state.open.has(alert)) waiting.delete(alert);
      for (const alert of beyond(state, policy, clock.now())) await climb(alert);
      // After a takeover it is said again: who was told before takes it for nothing new.
      const over = relieved(state);
      const names = new Set(over.map((alert) => `${alert.alert} ${alert.above} ${alert.level}`));
      for (const name of relief) if (!names.has(name)) relief.delete(name);
      for (const alert of over) await relieve(alert);
    },
  };
}

function climbedOf(
  { alert, unit, what, since }: Alert,
  severity: Alert['severity'],
  at: number,
): DataOf<typeof Climbed> {
  return { alert, severity, unit, what, since, at };
}
