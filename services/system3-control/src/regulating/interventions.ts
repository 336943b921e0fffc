import type { ServiceContext } from '@vsmcp/service';
import { type Answer, type Intervention, Rung, Shed, Stress } from '@vsmcp/vsm';
import { Ladder, type Move, type Strain, type StressOptions } from './stress.js';

/** For how long (ms) System 1 sheds without hearing of it again. */
const LEASE = 5000;

/**
 * Takes the steps that `stress.ts` decides on: commands System 1 to shed, tells Systems 4 and 5, and puts each step on
 * record with the report that caused it. Each is a piece of a unit's autonomy that is spent.
 */
export function interventions(context: ServiceContext, epoch: number, options: StressOptions) {
  const { clock, ids, journal, log, metrics, say } = context;
  const begun = metrics.counter(
    'vsmcp_interventions_total',
    'Times that System 3 spent the autonomy of a unit: borrow, shed, amplify, tell',
    ['rung'],
  );
  const active = metrics.gauge('vsmcp_interventions_active', 'Interventions of System 3 under way', ['rung']);
  const ladder = new Ladder(ids, options);
  const spent = { borrow: 0, shed: 0, amplify: 0, tell: 0 };
  /** Milliseconds of the interventions that have ended. */
  let lasted = 0;
  /** The last word to System 1 was to shed. */
  let toldToShed = false;

  async function record({ what, intervention, strain }: Move): Promise<void> {
    const { unit, rung, because } = intervention;
    const { wants, shedding, slots, fair, scarce, cause } = strain;
    const data = { what, ...intervention, wants, shedding, slots, fair, ...(scarce !== undefined && { scarce }) };
    await journal.append({ system: 's3', epoch, type: `intervention.${rung}`, cause: cause || intervention.id, data });
    log.info(data, `${unit}: ${rung} ${what}: ${because}`);
    if (what === 'begins') {
      begun.inc({ rung });
      spent[rung]++;
    }
    if (what === 'ends') lasted += clock.now() - intervention.since;
    if (rung !== 'tell' || what === 'changes') return;
    const told = { ...intervention, state: what, wants, slots, scarce: scarce ?? 'operations' };
    await say(Stress, 's3.stress', told, { cause: cause || intervention.id });
  }

  return {
    /** Begins, goes on with and ends interventions. */
    async judge(strains: readonly Strain[]): Promise<void> {
      for (const move of ladder.judge(strains, clock.now())) await record(move);
      const { floors } = ladder;
      const any = Object.keys(floors).length > 0;
      // Once more when it is over: System 1 need not wait for the lease to lapse.
      if (any || toldToShed) await say(Shed, 's1.all.shed', { epoch, lease: LEASE, floors });
      toldToShed = any;
      for (const rung of Rung.options) active.set({ rung }, ladder.active.filter((one) => one.rung === rung).length);
    },
    get active(): Intervention[] {
      return ladder.active;
    },
    view: (): Answer<'control'>['autonomy'] => {
      const now = clock.now();
      const since = ladder.active.reduce((sum, one) => sum + now - one.since, 0);
      return { spent, seconds: Math.round((lasted + since) / 1000), active: ladder.active };
    },
  };
}
