import type { HeldFilter, PersonsAnswer } from '@vsmcp/vsm';
import { withAnswer } from '../deciding/task.js';
import type { Releasing } from './release.js';

/**
 * Goes on with events that a person was asked about. What the person said is written to the event first, and the event
 * waits like one whose server is not there yet: so it outlives this replica, and is tried again should its tools not be
 * able to take it now.
 */
export async function answerHeld(
  { context, sweep, track }: Releasing,
  { id, source }: HeldFilter,
  answer: PersonsAnswer,
): Promise<void> {
  const { ledger, instance, log } = context;
  const which = { reason: 'asked' as const, ...(id && { id }), ...(source && { source }) };
  const asked = await sweep.claimBack(which);
  for (const { event, attempt, unit } of asked) {
    const because = `${answer.by} has said ${answer.verdict === 'approve' ? 'yes' : 'no'}; it goes on`;
    const { source, id, type } = event;
    const waits = { outcome: 'parked', cause: 'unavailable' } as const;
    const record = { event: { source, id, type }, unit, ...waits, reason: because, instance };
    const kept = withAnswer(event, answer);
    await ledger.settle({ source, id, unit, attempt, ...waits, because, record, event: kept });
    const { by, verdict } = answer;
    log.info({ event: id, type, by, verdict }, 'a person has answered');
    track(sweep.claimBack({ reason: 'parked', id, source }).then((rows) => sweep.handle(rows)));
  }
}
