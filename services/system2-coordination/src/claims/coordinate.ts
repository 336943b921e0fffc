import { currentTrace, inSpan, type Log, type ServiceContext, type Trace } from '@vsmcp/service';
import type { Answer, Asked, Claim, DataOf } from '@vsmcp/vsm';
import type { Found, Loops } from '../loops/loops.js';
import type { Outbox } from '../outbox.js';
import type { Takeover } from '../takeover.js';
import type { ClaimAccount } from './account.js';
import { type Answered, exclusive, refused } from './answers.js';
import { type Decision, decide } from './decide.js';
import { AGAIN, type Leases } from './leases.js';

/** The parts between which a leader coordinates. */
export interface Around {
  outbox: Outbox;
  leases: Leases;
  loops: Loops;
  account: ClaimAccount;
  takeover: Takeover;
  /** Tells of units that undo each other. */
  tellLoops: (found: readonly Found[]) => Promise<void>;
}

/** Decides on claims and releases as they come (`decide.ts`, `leases.ts`), answers them, and keeps the account. */
export function coordinate(context: ServiceContext, { outbox, leases, loops, account, takeover, tellLoops }: Around) {
  const { clock, log } = context;
  /**
   * Claims that wait, with the trace that their grant belongs to: it may be a release of another trace that brings it.
   */
  const traces = new Map<string, Trace>();

  function send({ grant, instance }: Answered): Promise<void> {
    const trace = traces.get(grant.claim) ?? {};
    traces.delete(grant.claim);
    const attributes = { 'vsmcp.claim': grant.claim, 'vsmcp.granted': grant.granted };
    return inSpan(context, 'grant', { attributes, follows: trace }, () =>
      outbox(instance, { grant, trace: { ...trace, ...currentTrace() } }),
    );
  }

  async function tell(answers: readonly Answered[]): Promise<void> {
    const now = clock.now();
    const turns = account.answered(answers, now);
    const found = turns.flatMap(({ unit, resources, since }) => loops.granted(exclusive(resources), unit, since, now));
    await Promise.all(answers.map(send));
    await tellLoops(found);
  }

  return {
    async claim({ instance, claims: asked }: DataOf<typeof Claim>): Promise<void> {
      for (const { claim, traceparent, tracestate } of asked)
        if (traceparent !== undefined)
          traces.set(claim, { traceparent, ...(tracestate !== undefined && { tracestate }) });
      const recorded = await isOnRecord(takeover, Math.max(...asked.map(({ ttl }) => ttl)), log);
      const now = clock.now();
      const decisions = asked.map((one): Decision => {
        const claiming = { ...one, instance };
        if (recorded) return decide(claiming, leases, loops, now);
        return { answers: [refused(claiming, now, AGAIN, 'the journal cannot be written')], damped: [] };
      });
      for (const { resolution } of decisions) if (resolution) account.resolve(resolution);
      await tell(decisions.flatMap(({ answers }) => answers));
      await tellLoops(decisions.flatMap(({ damped }) => damped));
    },
    async release(released: readonly string[]): Promise<void> {
      for (const claim of released) traces.delete(claim);
      await tell(released.flatMap((claim) => leases.release(claim, clock.now())));
    },
    /** The purpose of one unit comes first on a resource on which units undo each other. */
    async precede({ resource, first }: Asked<'precede'>): Promise<Answer<'precede'>> {
      const loop = loops.prefer(resource, first);
      if (!loop) return { accepted: false, because: `${first.unit} is in no loop on ${resource}` };
      const { unit } = first;
      const behind = loop.units.filter((other) => other !== unit);
      account.resolve({ at: clock.now(), how: 'first', unit, resources: [resource], waited: 0, behind });
      await tellLoops([loop]);
      return { accepted: true, because: `the others yield to ${unit} on ${resource}` };
    },
    tick: () => tell(leases.tick(clock.now())),
  };
}

/** The next leader knows how long it must wait for leases of this length (ms). */
async function isOnRecord(takeover: Takeover, ttl: number, log: Log): Promise<boolean> {
  try {
    await takeover.longest(ttl);
    return true;
  } catch (error) {
    log.error({ err: error }, 'a lease this long must be journalled first, and could not be');
    return false;
  }
}
