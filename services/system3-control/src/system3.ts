import { consumers, on, type Service, type ServiceContext } from '@vsmcp/service';
import { type Capability, type DataOf, Heartbeat, Load, Loop, Performance } from '@vsmcp/vsm';
import { type AuditOptions, auditing, USUAL_AUDIT } from './audit/auditing.js';
import { bargaining } from './bargaining.js';
import { capabilities } from './capabilities.js';
import { operations } from './operations.js';
import { forget, measure, performanceOf, unmeasured } from './performance.js';
import { quarrels } from './quarrels.js';
import { sameJson } from './same.js';
import { configured } from './servers.js';

/** Milliseconds between performance reports. */
const REPORT = 5000;

export interface System3Options {
  /** How operations are audited. */
  audit?: AuditOptions;
}

/**
 * System 3: the inside and now. It does what System 5 allowed, keeps the table of servers, commands System 1, and measures
 * how the operations perform. System 3* (`audit/`) looks past their reports. One instance leads.
 */
export function openSystem3({ audit = USUAL_AUDIT }: System3Options = {}): Service {
  return { system: 's3', start: (context) => start(context, audit) };
}

export const system3: Service = openSystem3();

async function start(context: ServiceContext, audit: AuditOptions): Promise<() => Promise<void>> {
  const wanted = configured(context.config.servers);
  context.standing({ state: 'standby' });
  const leadership = context.leaderships.campaign('s3', (epoch) => lead(context, wanted, epoch, audit));
  return () => leadership.stop();
}

async function lead(context: ServiceContext, wanted: readonly Capability[], epoch: number, audit: AuditOptions) {
  const table = capabilities(context, epoch);
  const work = operations(context, epoch);
  const pool = bargaining(context, epoch);
  const between = await quarrels(context, epoch);
  const hearLoop = async (loop: DataOf<typeof Loop>) => {
    await Promise.all([pool.loops(loop), table.loops(loop), between.hearing(loop)]);
  };
  const star = auditing(context, epoch, audit);
  const performance = performing(context, (load) => {
    pool.loads(load);
    star.loads(load);
  });
  const heartbeats = on(Heartbeat, async ({ data: { system, instance, state } }) => {
    if (system !== 's1') return;
    table.seen(instance);
    pool.seen(instance, state === 'draining');
  });
  await table.take(wanted);
  const hearing = await consumers([
    context.hear('s3.intelligence', [table.verdicts]),
    context.hear('s3.report', [table.states, table.tried, heartbeats, performance.hearing]),
    work.listen(),
    context.hear({ channel: 'coordination', bind: ['loop.*'] }, [on(Loop, ({ data }) => hearLoop(data))]),
    context.answer({
      capabilities: async () => {
        const { version, rows } = await context.capabilities.read();
        return { version, capabilities: rows };
      },
      control: async () => {
        const last = star.last();
        return last ? { ...pool.view(), audit: last } : pool.view();
      },
      operate: (asked) => work.operate(asked),
      settle: (asked) => work.settle(asked),
      prefer: (asked) => between.prefer(asked),
    }),
  ]);
  const stopSharing = pool.start();
  const stopAudits = star.start();
  const stopReporting = context.clock.every(REPORT, performance.report);
  // A leader before this one knew of them; the first one has nobody before it.
  if (epoch > 1) {
    const known = context.ask('coordination', {}).then(({ loops }) => Promise.all(loops.map(hearLoop)));
    known.catch((error: unknown) => context.log.warn({ err: error }, 'which loops System 2 damps is not known yet'));
  }
  context.standing({ state: 'active', epoch });
  context.log.info({ epoch }, 'System 3 leads');
  return async () => {
    stopReporting();
    stopSharing();
    await stopAudits();
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
