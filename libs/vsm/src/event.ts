import { z } from 'zod';
import { isKey, MAX_KEY_BYTES } from './keys.js';

/** Text that names an event must be fit for every store; PostgreSQL's text has no NUL. */
const Name = z
  .string()
  .min(1)
  .max(512)
  .refine((name) => !name.includes('\0'), { error: 'it contains NUL' });

/**
 * An event or message: a CloudEvents 1.0 event with JSON data. Unknown attributes (extensions) are kept.
 * `time` is RFC 3339 UTC.
 */
export const CloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: Name,
  source: Name,
  type: z
    .string()
    .refine(isKey, { error: `a type is at most ${MAX_KEY_BYTES} bytes of dot-separated words out of a-z 0-9 _ -` }),
  time: z.iso.datetime({ offset: true }).optional(),
  subject: z.string().optional(),
  datacontenttype: z.string().optional(),
  data: z.unknown().optional(),
});
export type CloudEvent = z.infer<typeof CloudEvent>;

/** The lasting name of an event: the ledger's key, without the unit. */
export const EventRef = z.object({ source: z.string(), id: z.string(), type: z.string() });
export type EventRef = z.infer<typeof EventRef>;

export const CLOUDEVENTS_JSON = 'application/cloudevents+json';
export const CLOUDEVENTS_BATCH = 'application/cloudevents-batch+json';
/** Events in one batch: each costs far more than its bytes on the way. */
export const MAX_BATCH_EVENTS = 10_000;
/** JSON deeper than this is refused before it is walked: recursion over it could end the process. */
export const MAX_JSON_DEPTH = 64;
