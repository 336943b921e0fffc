import { type Delivery, unpackFrame } from '@vsmcp/nervous-system';
import type { ServiceContext } from '@vsmcp/service';
import { type Arrived, arrive } from '@vsmcp/vsm';

/** The events of a message, and what could not be read as one. @param now ms since the epoch */
export function arrivals(
  { config, ids }: Pick<ServiceContext, 'config' | 'ids'>,
  delivery: Delivery,
  now: number,
): Arrived[] {
  const limits = { maxBytes: config.settings.max_event_bytes, now, newId: ids, unpack: unpackFrame };
  return arrive({ ...delivery, messageId: delivery.id }, limits);
}
