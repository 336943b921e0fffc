import type { Consumer } from '@vsmcp/nervous-system';
import { consumers, on, replay, type Service, type ServiceContext } from '@vsmcp/service';
import { type Capability, type DataOf, Heartbeat, Loop } from '@vsmcp/vsm';
import { type AuditOptions, auditing, USUAL_AUDIT } from './audit/auditing.js';
import { bargaining } from './bargaining/bargaining.js';
import { capabilities } from './capabilities/capabilities.js';
import { configured } from './capabilities/servers.js';
import { operations } from './operations.js';
import { performing, REPORT } from './performance/performing.js';
import { interventions } from './regulating/interventions.js';
import { OpenInterventions } from './regulating/open-interventions.js';
import { quarrels } from './regulating/quarrels.js';
import { type StressOptions, USUAL_STRESS } from './regulating/stress.js';
import { settling } from './settling.js';
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
 * System 3: the inside and now. It does what System 5 allowed, keeps the table of servers, commands System 1, and
 * measures how the operations perform. System 3* (`audit/`) looks past their reports. One instance leads.
 */
export function openSystem3({ audit = USUAL_AUDIT, stress = USUAL_STRESS }: System3Options = {}): Service {
  return { system: 's3', start: (context) => campaign(context, { audit, stress }) };
}

type Options = Required<System3Options>;

export const system3: Service = openSystem3();

async function campaign(context: ServiceContext, options: Options): Promise<() => Promise<void>> {
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

async function lead(context: ServiceContext, configuration: Configured, epoch: number, options: Options) {
  const parts = open(context, epoch, options);
  await takeOver(context, parts, configuration, epoch);
  const hearing = await listen(context, parts);
  const stops = start(context, parts);
  // A leader before this one knew of them; the first one has nobody before it.
  if (epoch > 1) {
    const known = context.ask('coordination', {}).then(({ loops }) => Promise.all(loops.map(parts.hearLoop)));
    known.catch((error: unknown) => context.log.warn({ err: error }, 'which loops System 2 damps is not known yet'));
  }
  context.leadershipState({ state: 'active', epoch });
  context.log.info({ epoch }, 'System 3 leads');
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
    await hearing.stop();
    context.leadershipState({ state: 'standby' });
  };
}

/** The parts of a leader, as yet without what earlier ones left. */
function open(context: ServiceContext, epoch: number, { audit, stress: patience }: Options) {
  const table = capabilities(context, epoch);
  const unitTable = units(context, epoch);
  const policy = directions(context, epoch);
  const stress = interventions(context, epoch, patience);
  const { get: unitOf } = unitTable;
  const pool = bargaining(context, epoch, { unitOf, priorityOf: policy.of, judge: stress.judge });
  const between = quarrels(context, epoch);
  const star = auditing(context, epoch, audit, unitOf);
  const performance = performing(context, {
    granted: pool.granted,
    unkept: pool.unkept,
    interventions: () => stress.active,
    also: (load, id) => {
      pool.loads(load, id);
      star.loads(load);
    },
  });
  const hearLoop = async (loop: DataOf<typeof Loop>) => {
    await Promise.all([pool.loops(loop), table.loops(loop), between.hearing(loop)]);
  };
  const work = { ...operations(context, epoch), ...settling(context, epoch) };
  const below = systemsBelow(context);
  return { table, unitTable, policy, stress, pool, between, star, performance, hearLoop, work, below };
}

type Parts = ReturnType<typeof open>;

/** Reads the journal once for all parts, and takes up what vsmcp.yaml says. */
async function takeOver(context: ServiceContext, parts: Parts, { wanted, file }: Configured, epoch: number) {
  const { table, unitTable, policy, between } = parts;
  const left = new OpenInterventions();
  await replay(context.journal, 's3', [table, unitTable, policy, between, left]);
  await table.take(wanted);
  await unitTable.take(file);
  await left.close(context, epoch);
}

function listen(context: ServiceContext, parts: Parts): Promise<Consumer> {
  const { table, unitTable, policy, stress, pool, between, star, performance, hearLoop, work, below } = parts;
  const heartbeats = on(Heartbeat, async ({ data: { system, instance, state, every } }) => {
    if (system !== 's1') return;
    table.seen(instance, every);
    pool.seen(instance, state === 'draining', every);
  });
  return consumers([
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
}

/** Begins all that a leader does by itself, time and again. @returns how to stop each */
function start(context: ServiceContext, { pool, star, performance, below }: Parts): (() => Promise<void>)[] {
  const stopJudging = context.clock.every(REPORT, below.judge);
  return [pool.start(), star.start(), performance.start(), async () => stopJudging()];
}
