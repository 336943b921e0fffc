import { AlertState, type Algedonic, type DataOf, Severity } from '@vsmcp/vsm';
import { z } from 'zod';

export type Alert = DataOf<typeof AlertState>;
type Signal = DataOf<typeof Algedonic>;

/** Alerts that can stand at the same time; further pain is one alert, so that a storm cannot fill the memory. */
const MOST_OPEN = 1000;
/** Closed ones remembered, for who asks. */
const MOST_CLOSED = 100;
export const OVERFLOW = 'alerts:overflow';

/** The events of alerts, as they are journalled. Times in ms since the epoch. */
export const AlertEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('alert.raised'),
    at: z.number(),
    alert: z.string(),
    severity: Severity,
    unit: z.string(),
    what: z.string(),
    since: z.number(),
    level: z.enum(['owner', 'system5']),
    told: z.array(z.string()),
  }),
  z.object({
    type: z.literal('alert.climbed'),
    at: z.number(),
    alert: z.string(),
    severity: Severity,
    what: z.string(),
  }),
  z.object({ type: z.literal('alert.above'), at: z.number(), alert: z.string() }),
  z.object({ type: z.literal('alert.acknowledged'), at: z.number(), alert: z.string(), by: z.string() }),
  z.object({ type: z.literal('alert.closed'), at: z.number(), alert: z.string(), what: z.string() }),
]);
export type AlertEvent = z.infer<typeof AlertEvent>;

export interface OpenAlert extends Alert {
  /** When System 5 first heard of it: from then on the owner's time runs. */
  raised: number;
  /** When it came to System 5: from then on its own time runs. */
  reached?: number;
}

export interface AlertsState {
  open: ReadonlyMap<string, OpenAlert>;
  closed: readonly Alert[];
}
export const NO_ALERTS: AlertsState = { open: new Map(), closed: [] };

export const SYSTEM5 = 'system5';

/** How pain is handled: who is told first, and how long (ms) they have. */
export interface PainPolicy {
  tell: readonly string[];
  climb: number;
}

/** Pain raises an alert once: saying it again restarts no clock, but worse pain climbs at once. Pleasure closes it. */
export function signalled(state: AlertsState, policy: PainPolicy, signal: Signal, now: number): AlertEvent[] {
  const openAlert = state.open.get(signal.alert);
  if (signal.severity === 'pleasure') return openAlert ? close(state, signal, now) : [];
  if (!openAlert && isLate(state, signal)) return [];
  if (openAlert) return worse(openAlert, signal) ? [climbed(openAlert.alert, signal, now)] : [];
  if (state.open.size < MOST_OPEN) return [raise(policy, signal, now)];
  if (state.open.has(OVERFLOW)) return [];
  const what = `${MOST_OPEN} alerts stand; further pain is not listed singly`;
  return [raise(policy, { alert: OVERFLOW, severity: 'critical', unit: 's5', what, since: now }, now)];
}

/**
 * Pain that was written down or kept back can arrive after the pleasure that ended it: it began no later than what is
 * closed.
 */
function isLate({ closed }: AlertsState, { alert, since }: Signal): boolean {
  return closed.some((one) => one.alert === alert && since <= one.since);
}

function worse(openAlert: OpenAlert, signal: Signal): boolean {
  return signal.severity === 'critical' && openAlert.severity !== 'critical';
}

function raise({ tell }: PainPolicy, signal: Signal, now: number): AlertEvent {
  const { alert, severity, unit, what, since } = signal;
  const level = severity === 'critical' || signal.climbed ? SYSTEM5 : 'owner';
  const told = level === SYSTEM5 ? [...tell, SYSTEM5] : [...tell];
  return { type: 'alert.raised', at: now, alert, severity, unit, what, since, level, told };
}

const climbed = (alert: string, { severity, what }: Pick<Alert, 'severity' | 'what'>, now: number): AlertEvent => ({
  type: 'alert.climbed',
  at: now,
  alert,
  severity,
  what,
});

function close(state: AlertsState, { alert, what }: Signal, now: number): AlertEvent[] {
  const closed: AlertEvent = { type: 'alert.closed', at: now, alert, what };
  if (alert === OVERFLOW || !state.open.has(OVERFLOW)) return [closed];
  return [closed, { type: 'alert.closed', at: now, alert: OVERFLOW, what: 'there is room for further alerts again' }];
}

/** Alerts whose owner had time and did nothing. */
export function overdue(state: AlertsState, policy: PainPolicy, now: number): AlertEvent[] {
  return [...state.open.values()]
    .filter((alert) => alert.level === 'owner' && now >= alert.raised + policy.climb)
    .map((alert) => climbed(alert.alert, alert, now));
}

/**
 * Alerts that System 5 was told and nobody acknowledged in its time either: they go to the fleet above, if there is
 * one.
 */
export function beyond(state: AlertsState, policy: PainPolicy, now: number): OpenAlert[] {
  return [...state.open.values()].filter(
    ({ level, reached, above }) => level === SYSTEM5 && above === undefined && now >= (reached ?? now) + policy.climb,
  );
}

/** The fleet above has it. */
export function told(state: AlertsState, alert: string, now: number): AlertEvent[] {
  return state.open.has(alert) ? [{ type: 'alert.above', at: now, alert }] : [];
}

/** Alerts that the fleet above was told of and need no longer care for: somebody here does, or they are over. */
export function relieved(state: AlertsState): Alert[] {
  const acknowledged = [...state.open.values()].filter(({ level }) => level === 'acknowledged');
  return [...acknowledged.map(shown), ...state.closed].filter(({ above }) => above !== undefined);
}

/** Somebody takes it on; without a name, all that stand. The alert itself goes only when the pain does. */
export function acknowledge(state: AlertsState, alert: string | undefined, by: string, now: number): AlertEvent[] {
  return [...state.open.values()]
    .filter((openAlert) => openAlert.level !== 'acknowledged' && (alert === undefined || openAlert.alert === alert))
    .map((openAlert) => ({ type: 'alert.acknowledged', at: now, alert: openAlert.alert, by }));
}

export function evolve(state: AlertsState, event: AlertEvent): AlertsState {
  const open = new Map(state.open);
  if (event.type === 'alert.raised') {
    const { type: _, at, ...alert } = event;
    open.set(alert.alert, { ...alert, raised: at, ...(alert.level === SYSTEM5 && { reached: at }) });
    return { ...state, open };
  }
  const alert = open.get(event.alert);
  if (!alert) return state;
  if (event.type === 'alert.closed') {
    open.delete(alert.alert);
    const closed = { ...shown(alert), level: 'closed' as const, severity: 'pleasure' as const, what: event.what };
    return { open, closed: [closed, ...state.closed].slice(0, MOST_CLOSED) };
  }
  if (event.type === 'alert.above') open.set(alert.alert, { ...alert, above: event.at });
  else if (event.type === 'alert.acknowledged')
    open.set(alert.alert, { ...alert, level: 'acknowledged', by: event.by });
  else open.set(alert.alert, climbTo(alert, event));
  return { ...state, open };
}

function climbTo(
  { by: _, above: __, ...alert }: OpenAlert,
  event: Extract<AlertEvent, { type: 'alert.climbed' }>,
): OpenAlert {
  const told = alert.told.includes(SYSTEM5) ? alert.told : [...alert.told, SYSTEM5];
  return {
    ...alert,
    severity: event.severity,
    what: event.what,
    level: SYSTEM5,
    told,
    unit: alert.unit,
    reached: event.at,
  };
}

/** An alert as it is told. */
export function shown({ raised: _, reached: __, ...alert }: OpenAlert): Alert {
  return AlertState.data.parse(alert);
}

/** The alert as it stands after an event, openAlert or just closed. */
export function stateOf(state: AlertsState, alert: string): Alert | undefined {
  const openAlert = state.open.get(alert);
  return openAlert ? shown(openAlert) : state.closed.find((closed) => closed.alert === alert);
}
