import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { isRefusal, REFUSALS, type Refusal } from '@vsmcp/nervous-system';
import { Algedonic, type Channel, reasonOf } from '@vsmcp/vsm';
import type { ServiceContext } from '../service.js';

/**
 * ms between two signals about the same channel: the alert is the same one, however many messages were refused
 * meanwhile.
 */
const PAIN_EVERY = 60_000;

type Around = Pick<ServiceContext, 'system' | 'instance' | 'clock' | 'log' | 'metrics' | 'say'> & { path: string };

/** Counts what this instance refused because no member had signed it, and says that it hurts. @returns how to stop */
export function watchRefusals({ path, system, instance, clock, log, metrics, say }: Around): () => void {
  const refused = metrics.counter('vsmcp_refused_messages_total', 'Messages that no member had signed', ['channel']);
  const told = new Map<Channel, number>();
  const hear = (message: unknown) => {
    if (!isRefusal(message) || message.path !== path || message.instance !== instance) return;
    const { channel } = message;
    refused.inc({ channel });
    const now = clock.now();
    if (now - (told.get(channel) ?? Number.NEGATIVE_INFINITY) < PAIN_EVERY) return;
    told.set(channel, now);
    say(Algedonic, `pain.${system}.none`, painOf(message, now)).catch((error: unknown) =>
      log.error({ channel, error }, `pain about an unsigned message was not said: ${reasonOf(error)}`),
    );
  };
  subscribe(REFUSALS, hear);
  return () => unsubscribe(REFUSALS, hear);
}

function painOf({ channel, key, sha256, signature }: Refusal, since: number) {
  const how = signature === 'none' ? 'it has no signature' : 'its signature is of another secret, or it was altered';
  return {
    alert: `unsigned:${channel}`,
    severity: 'pain' as const,
    unit: '',
    what: `somebody who is no member said ${key} on ${channel}: refused and held, because ${how} (sha256 ${sha256.slice(0, 16)})`,
    since,
  };
}
