import { gather, type ServiceContext, type Trace } from '@vsmcp/service';
import { Grant, type Granted, MOST_CLAIMS } from '@vsmcp/vsm';

/** Replicas whose outbox is kept. */
const MOST_OUTBOXES = 1000;

interface Telling {
  grant: Granted;
  /** The trace that it belongs to. */
  trace: Trace;
}

/** Says a grant to a replica; resolves when it is said. */
export type Outbox = (instance: string, telling: Telling) => Promise<void>;

/** A replica's grants go out one message after the other, so that those that come meanwhile share the next. */
export function openOutbox(context: ServiceContext): Outbox {
  const outboxes = new Map<string, (telling: Telling) => Promise<void>>();

  function outboxOf(instance: string): (telling: Telling) => Promise<void> {
    const known = outboxes.get(instance);
    if (known) return known;
    const outbox = gather<Telling>(MOST_CLAIMS, async (told) => {
      const [first] = told;
      const same = told.every(({ trace }) => trace.traceparent === first?.trace.traceparent);
      const options = {
        ...(told.length === 1 && first && { cause: first.grant.claim }),
        ...(same && first && { trace: first.trace }),
      };
      await context.say(Grant, `grant.${instance}`, { grants: told.map(({ grant }) => grant) }, options);
    });
    // Replicas come and go; one that is under way is finished all the same.
    if (outboxes.size >= MOST_OUTBOXES) outboxes.clear();
    outboxes.set(instance, outbox);
    return outbox;
  }

  return (instance, telling) => outboxOf(instance)(telling);
}
