import { consumers, on, type Service, type ServiceContext } from '@vsmcp/service';
import { type Capability, type DataOf, Heartbeat, Load, Performance } from '@vsmcp/vsm';
import { bargaining } from './bargaining.js';
import { capabilities } from './capabilities.js';
import { operations } from './operations.js';
import { forget, measure, performanceOf, unmeasured } from './performance.js';
import { sameJson } from './same.js';
import { configured } from './servers.js';
import { systemsBelow } from './systems.js';

/** Milliseconds between performance reports. */
const REPORT = 5000;

/**
 * System 3: the inside and now. It does what System 5 allowed, keeps the table of servers, commands System 1, and measures
 * how the operations perform. One instance leads.
 */
export const system3: Service = {
  system: 's3',
  async start(context) {
    const wanted = configured(context.config.servers);
    context.standing({ state: 'standby' });
    const leadership = context.leaderships.campaign('s3', (epoch) => lead(context, wanted, epoch));
    return () => leadership.stop();
  },
};

async function lead(context: ServiceContext, wanted: readonly Capability[], epoch: number) {
  const table = capabilities(context, epoch);
  const work = operations(context, epoch);
  const pool = bargaining(context, epoch);
  const performance = performing(context, pool.loads);
  const below = systemsBelow(context);
  const heartbeats = on(Heartbeat, async ({ data: { system, instance, state } }) => {
    if (system !== 's1') return;
    table.seen(instance);
    pool.seen(instance, state === 'draining');
  });
  await table.take(wanted);
  const hearing = await consumers([
    context.hear('s3.intelligence', [table.verdicts]),
    context.hear('s3.report', [table.states, table.tried, heartbeats, performance.hearing, below.hearing]),
    work.listen(),
    context.answer({
      capabilities: async () => {
        const { version, rows } = await context.capabilities.read();
        return { version, capabilities: rows };
      },
      control: async () => pool.view(),
      systems: below.answer,
      operate: (asked) => work.operate(asked),
      settle: (asked) => work.settle(asked),
    }),
  ]);
  const stopSharing = pool.start();
  const stopReporting = context.clock.every(REPORT, performance.report);
  const stopJudging = context.clock.every(REPORT, below.judge);
  context.standing({ state: 'active', epoch });
  context.log.info({ epoch }, 'System 3 leads');
  return async () => {
    stopReporting();
    stopJudging();
    stopSharing();
    await hearing.stop();
    context.standing({ state: 'standby' });
  };
}

function performing(context: ServiceContext, also: (load: DataOf<typeof Load>) => void) {
  const efficiency = context.metrics.gauge(
    'vsmcp_efficiency_ratio',
    'Answered events over attempted ones, last minute',
  );
  let measured = unmeasured(context.clock.now());
  let last: unknown;
  return {
    hearing: on(Load, async ({ data }) => {
      measured = measure(measured, data);
      also(data);
    }),
    report: () => {
      const now = context.clock.now();
      measured = forget(measured, now);
      const report = performanceOf(measured, now);
      // Who reads it takes a report older than the window for none: while something happens it is said each time.
      if (report.attempted === 0 && sameJson(report, last)) return;
      last = report;
      if (report.efficiency !== null) efficiency.set(report.efficiency);
      context
        .say(Performance, `s3.${context.instance}.performance`, report)
        .catch((error: unknown) => context.log.warn({ err: error }, 'the performance report was not said'));
    },
  };
}
