import { consumers, on, type Service, type ServiceContext } from '@vsmcp/service';
import { type Capability, type DataOf, Heartbeat, type JournalEntry, Loop } from '@vsmcp/vsm';
import { type AuditOptions, auditing, USUAL_AUDIT } from './audit/auditing.js';
import { bargaining } from './bargaining/bargaining.js';
import { capabilities } from './capabilities/capabilities.js';
import { configured } from './capabilities/servers.js';
import { operations } from './operations.js';
import { performing, REPORT } from './performance/performing.js';
import { interventions } from './regulating/interventions.js';
import { quarrels } from './regulating/quarrels.js';
import { type StressOptions, USUAL_STRESS } from './regulating/stress.js';
import { directions } from './units/directions.js';
import { systemsBelow } from './units/systems.js';
import { units } from './units/units.js';

export interface System3Options {
  /** How operations are audited. */
  audit?: AuditOptions;
  /** How patient it is with units that cannot cope. */
  stress?: StressOptions;
}

/**
 * System 3: the inside and now. It does what System 5 allowed, keeps the table of servers, commands System 1, and measures
 * how the operations perform. System 3* (`audit/`) looks past their reports. One instance leads.
 */
export function openSystem3({ audit = USUAL_AUDIT, stress = USUAL_STRESS }: System3Options = {}): Service {
  return { system: 's3', start: (context) => start(context, { audit, stress }) };
}

type Options = Required<System3Options>;

export const system3: Service = openSystem3();

async function start(context: ServiceContext, options: Options): Promise<() => Promise<void>> {
  const wanted = configured(context.config.servers);
  const file = { units: context.config.units, at: context.clock.now() };
  context.leadershipState({ state: 'standby' });
  const leadership = context.leaderships.campaign('s3', (epoch) => lead(context, { wanted, file }, epoch, options));
  return () => leadership.stop();
}

interface Configured {
  wanted: readonly Capability[];
  file: Parameters<ReturnType<typeof units>['take']>[0];
}

async function lead(context: ServiceContext, { wanted, file }: Configured, epoch: number, options: Options) {
  const table = capabilities(context, epoch);
  const work = operations(context, epoch);
  const unitTable = units(context, epoch);
  const policy = directions(context, epoch);
  const stress = interventions(context, epoch, options.stress);
  const pool = bargaining(context, epoch, {
    unitOf: unitTable.get,
    priorityOf: policy.of,
    judge: (strains) => stress.judge(strains),
  });
  const between = await quarrels(context, epoch);
  const hearLoop = async (loop: DataOf<typeof Loop>) => {
    await Promise.all([pool.loops(loop), table.loops(loop), between.hearing(loop)]);
  };
  const star = auditing(context, epoch, options.audit, unitTable.get);
  const performance = performing(context, {
    granted: pool.granted,
    unkept: pool.unkept,
    interventions: () => stress.active,
    also: (load, id) => {
      pool.loads(load, id);
      star.loads(load);
    },
  });
  const below = systemsBelow(context);
  const heartbeats = on(Heartbeat, async ({ data: { system, instance, state, every } }) => {
    if (system !== 's1') return;
    table.seen(instance, every);
    pool.seen(instance, state === 'draining', every);
  });
  await table.take(wanted);
  await unitTable.take(file);
  await restore(context, policy, stress);
  const hearing = await consumers([
    context.hear('s3.intelligence', [table.verdicts]),
    context.hear('s3.report', [table.states, table.tried, heartbeats, performance.hearing, below.hearing]),
    work.listen(),
    context.hear('s3.command', [policy.hearing]),
    context.hear({ channel: 'coordination', bind: ['loop.*'] }, [on(Loop, ({ data }) => hearLoop(data))]),
    context.answer({
      capabilities: async () => {
        const { version, rows } = await context.capabilities.read();
        return { version, capabilities: rows };
      },
      recursion: below.answer,
      control: async () => {
        const last = star.last();
        const view = { ...pool.view(), autonomy: stress.view(), performance: performance.last() };
        return last ? { ...view, audit: last } : view;
      },
      operate: (asked) => work.operate(asked),
      settle: (asked) => work.settle(asked),
      answer: (asked) => work.answer(asked),
      arrange: (asked) => unitTable.arrange(asked),
      configure: (asked) => unitTable.configure(asked),
      prefer: (asked) => between.prefer(asked),
    }),
  ]);
  const stopSharing = pool.start();
  const stopAudits = star.start();
  const stopReporting = context.clock.every(REPORT, performance.report);
  const stopJudging = context.clock.every(REPORT, below.judge);
  // A leader before this one knew of them; the first one has nobody before it.
  if (epoch > 1) {
    const known = context.ask('coordination', {}).then(({ loops }) => Promise.all(loops.map(hearLoop)));
    known.catch((error: unknown) => context.log.warn({ err: error }, 'which loops System 2 damps is not known yet'));
  }
  context.leadershipState({ state: 'active', epoch });
  context.log.info({ epoch }, 'System 3 leads');
  return async () => {
    stopReporting();
    stopJudging();
    stopSharing();
    await stopAudits();
    await hearing.stop();
    context.leadershipState({ state: 'standby' });
  };
}

/** What earlier leaders left on record. */
async function restore(
  { journal }: ServiceContext,
  policy: ReturnType<typeof directions>,
  stress: ReturnType<typeof interventions>,
): Promise<void> {
  const interventions: JournalEntry[] = [];
  for await (const entry of journal.replay('s3')) {
    policy.restore(entry);
    if (entry.type.startsWith('intervention.')) interventions.push(entry);
  }
  await stress.closeOpen(interventions);
}
