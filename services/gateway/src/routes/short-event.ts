import { CloudEvent, isKey, MAX_KEY_BYTES } from '@vsmcp/vsm';
import { z } from 'zod';

/** An event in its short form: the rest is filled in. */
export const ShortEvent = z.strictObject({
  type: z
    .string({ error: 'an event has a type' })
    .refine(isKey, { error: `a type is at most ${MAX_KEY_BYTES} bytes of dot-separated words out of a-z 0-9 _ -` }),
  data: z.unknown().optional(),
  id: CloudEvent.shape.id.optional(),
  source: CloudEvent.shape.source.default('http'),
});
