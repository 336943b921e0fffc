import type { ServiceContext } from '@vsmcp/service';
import { Algedonic, CloudEvent, type HeldFilter } from '@vsmcp/vsm';
import type { OutcomeRecord } from '../deciding/outcome.js';
import type { Sweep } from '../intake/sweep.js';
import type { Answers } from '../settling/answers.js';
import type { Settling } from '../settling/settling.js';

export interface Releasing {
  context: ServiceContext;
  settling: Settling;
  answers: Answers;
  sweep: Sweep;
  /** Says pleasure for units in which no doubt is left. */
  relieve(units: readonly string[]): Promise<void>;
  track(task: Promise<unknown>): void;
}

/** How what is let go counts. done: somebody has seen that what was in doubt did happen. */
const OUTCOMES = { discard: 'discarded', refuse: 'refused', done: 'answered' } as const;

/** Lets held events go as System 3 commands: discarded by somebody, refused by policy, or done. */
export async function releaseHeld(
  { context, settling, answers, relieve }: Releasing,
  how: 'discard' | 'refuse' | 'done',
  filter: HeldFilter,
  because: string,
): Promise<void> {
  const { ledger, instance, log } = context;
  const outcome = OUTCOMES[how];
  // Their events go with them, and who dropped a file is told.
  const { held } = await ledger.held(filter);
  const events = new Map(held.map((row) => [`${row.source} ${row.id}`, row.event]));
  const gone = await ledger.dismiss(filter, outcome, because);
  log.info({ events: gone.length, because, ...filter }, outcome);
  for (const { source, id, unit, type, attempt } of gone) {
    const record: OutcomeRecord = { event: { source, id, type }, unit, outcome, reason: because, instance };
    await settling.sayWritten(record, attempt);
    const event = CloudEvent.safeParse(events.get(`${source} ${id}`));
    if (event.success) await answers.write(event.data, record);
  }
  await relieve(gone.map((row) => row.unit));
}

/** See `Releasing.relieve`. */
export function reliever(context: ServiceContext): Releasing['relieve'] {
  return async (units) => {
    const doubtful = new Set(await context.ledger.doubtful(units));
    for (const unit of new Set(units)) {
      if (doubtful.has(unit)) continue;
      const data = { alert: `doubt:${unit}`, severity: 'pleasure' as const, unit, what: 'no doubt is left' };
      await context.say(Algedonic, `pleasure.s1.${unit || 'none'}`, { ...data, since: context.clock.now() });
    }
  };
}
