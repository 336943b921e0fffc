import { everyWhenIdle, on, type ServiceContext } from '@vsmcp/service';
import { Account, type DataOf, type Intervention, Load, Performance, sameJson } from '@vsmcp/vsm';
import { Accounts } from './account.js';
import { Achievements, type Granted } from './performance.js';

/** Milliseconds between performance reports. */
export const REPORT = 5000;

interface Around {
  granted: () => Granted;
  /** Units whose minimums do not fit into the pool together. */
  unkept: () => readonly string[];
  interventions: () => readonly Intervention[];
  /** Hears the load reports too. @param id of the report */
  also: (load: DataOf<typeof Load>, id: string) => void;
}

/**
 * Measures how the operations perform, says it, and gives System 5 an account of what changed and what needs a
 * decision.
 */
export function performing(context: ServiceContext, { granted, unkept, interventions, also }: Around) {
  const { clock, instance, metrics, say } = context;
  const efficiency = metrics.gauge(
    'vsmcp_efficiency_ratio',
    'Performance of all units in the last minute as Beer measures it: actuality over potentiality',
  );
  const achievements = new Achievements();
  const accounts = new Accounts();
  let said: unknown;
  const measured = () => achievements.report(clock.now(), granted());

  async function report(): Promise<void> {
    const active = interventions().map(({ unit, rung, since }) => ({ unit, rung, since }));
    const performance = { ...measured(), ...(active.length > 0 && { interventions: active }) };
    const { pool } = granted();
    const account = accounts.next({ performance, active: interventions(), unkept: unkept(), pool }, clock.now());
    if (account !== undefined) await say(Account, `s3.${instance}.account`, account);
    // Readers take a report older than the window for none: while something happens it is said each time.
    if (performance.fleet.potentiality === 0 && sameJson(performance, said)) return;
    said = performance;
    if (performance.efficiency !== null) efficiency.set(performance.efficiency);
    await say(Performance, `s3.${instance}.performance`, performance);
  }

  return {
    hearing: on(Load, async ({ id, data }) => {
      achievements.measure(data);
      also(data, id);
    }),
    last: measured,
    /** @returns how to stop */
    start: () => everyWhenIdle(context, REPORT, report, 'the performance report was not said', 'warn'),
  };
}
