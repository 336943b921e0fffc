import type { NervousSystem, Outgoing } from '@vsmcp/nervous-system';
import { type Clock, reasonOf } from '@vsmcp/vsm';
import type { Log } from '../log.js';
import type { PainRows, Signal } from '../pain/pain.js';

/** Milliseconds that the broker has to take pain before it is written down as well. */
const PATIENCE = 1000;

/**
 * Publishes an algedonic signal, or writes it where System 5 looks when the broker is away, blocks publishers, or does
 * not confirm in time. Resolves when either has it; rejects only when neither took it.
 */
export async function hurt(
  { bus, pain, clock, log }: { bus: NervousSystem; pain: PainRows; clock: Clock; log: Log },
  message: Outgoing & { id: string },
  signal: Signal,
): Promise<void> {
  const health = bus.health();
  if (!health.ok) return writeDown(health.reason);
  const published = bus.publish(message).then(() => 'published' as const);
  let cancel = () => {};
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.after(PATIENCE, () => resolve('late'));
  });
  try {
    if ((await Promise.race([published, late])) === 'published') return;
  } catch (error) {
    return writeDown(reasonOf(error));
  } finally {
    cancel();
  }
  // The broker may still take it: that, or its refusal, changes nothing any more.
  published.catch((error: unknown) =>
    log.debug({ err: error, alert: signal.alert }, 'pain written down, not published'),
  );
  return writeDown(`no confirmation within ${PATIENCE} ms`);

  async function writeDown(reason: string): Promise<void> {
    await pain.put(message.id, signal);
    log.warn({ alert: signal.alert, reason }, 'the broker did not take pain: it is written down for System 5');
  }
}
