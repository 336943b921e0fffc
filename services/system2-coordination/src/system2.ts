import { consumers, on, type Service, type ServiceContext, type Trace } from '@vsmcp/service';
import { Claim, Grant, Loop, Release, reasonOf, word } from '@vsmcp/vsm';
import { type Answered, type Claiming, refused } from './answers.js';
import { AGAIN, Leases } from './leases.js';
import { APART, type Found, Loops } from './loops.js';
import { Takeover } from './takeover.js';

/** Milliseconds between looks at what lapses. */
const TICK = 250;
/** A held-back claim is told to ask again after at most this long (ms), the delay that System 1 can keep best. */
const MOST_WAIT = 30_000;

/**
 * System 2: coordination. It grants claims on shared resources as leases, and damps units that undo each other. One instance
 * leads; its leases live in memory, so a new leader first lets those of the last one lapse.
 */
export const system2: Service = {
  system: 's2',
  async start(context) {
    context.standing({ state: 'standby' });
    const leadership = context.leaderships.campaign('s2', (epoch) => lead(context, epoch));
    return () => leadership.stop();
  },
};

async function lead(context: ServiceContext, epoch: number) {
  const { clock, log } = context;
  const takeover = new Takeover(context.journal, epoch);
  const { held, notBefore } = await takeover.inherit(clock.now());
  if (notBefore > clock.now())
    log.info({ epoch, notBefore }, 'leases of the last coordinator may be held: no grant yet');
  const leases = new Leases(epoch, notBefore, held);
  const loops = new Loops();
  for (const loop of await takeover.loops()) loops.restore(loop, clock.now());
  const coordination = coordinate(context, leases, loops, takeover, epoch);
  const hearing = await consumers([
    context.hear(
      's2.coordination',
      [
        on(Claim, ({ data }, { trace }) => coordination.claim(data, trace)),
        on(Release, ({ data }) => coordination.release(data.claim)),
      ],
      { prefetch: 500 },
    ),
    context.answer({
      coordination: async () => ({
        leases: leases.held,
        loops: loops.damped,
        conflicts_resolved: coordination.resolved(),
      }),
    }),
  ]);
  const stopTicking = clock.every(TICK, () => {
    coordination.tick().catch((error: unknown) => log.error({ err: error }, `leases not kept: ${reasonOf(error)}`));
  });
  context.standing({ state: 'active', epoch });
  log.info({ epoch }, 'System 2 leads');
  return async () => {
    stopTicking();
    await hearing.stop();
    await takeover.leave(leases.held).catch((error: unknown) => {
      log.warn(
        { err: error },
        'the next coordinator could not be told when leases lapse; it will wait for all of them',
      );
    });
    context.standing({ state: 'standby' });
  };
}

function coordinate(context: ServiceContext, leases: Leases, loops: Loops, takeover: Takeover, epoch: number) {
  const { clock, journal, log, metrics } = context;
  const claims = metrics.counter('vsmcp_claims_total', 'Answers to claims', ['answer']);
  const waits = metrics.histogram('vsmcp_claim_wait_seconds', 'From claim to grant');
  const held = metrics.gauge('vsmcp_leases', 'Leases held');
  const cooled = metrics.gauge('vsmcp_loops', 'Loops that are damped');
  const conflicts = metrics.counter('vsmcp_conflicts_resolved_total', 'Claims that had to wait, and loops damped');
  /** Claims that wait, with the trace that their grant belongs to: it may be a release of another trace that brings it. */
  const traces = new Map<string, Trace>();
  let heldBack = 0;
  let dampedLoops = 0;
  let counted = 0;

  const resolved = () => leases.waited + heldBack + dampedLoops;

  async function tellLoops(found: readonly Found[]): Promise<void> {
    for (const loop of found) {
      const entry = { system: 's2', epoch, type: `loop.${loop.state}`, cause: loop.resource, data: loop };
      // A loop that cannot be journalled is damped and told all the same; the next coordinator will find it itself.
      await journal
        .append(entry)
        .catch((error: unknown) => log.error({ err: error }, 'a loop could not be journalled'));
      await context.say(Loop, `loop.${word(loop.units[0] ?? 'unknown')}`, loop);
      log.warn(loop, `${loop.units.join(' and ')} undo each other on ${loop.resource}: ${loop.state}`);
    }
    cooled.set(loops.damped.length);
  }

  async function tell(answers: readonly Answered[]): Promise<void> {
    const found: Found[] = [];
    await Promise.all(
      answers.map(async ({ grant, instance, unit, resources, since, renewed }) => {
        const now = clock.now();
        claims.inc({ answer: grant.granted ? 'granted' : 'wait' });
        if (grant.granted && !renewed) {
          waits.observe((now - since) / 1000);
          found.push(...loops.granted(resources, unit, now));
        }
        const trace = traces.get(grant.claim) ?? {};
        traces.delete(grant.claim);
        await context.say(Grant, `grant.${instance}`, grant, { cause: grant.claim, trace });
      }),
    );
    held.set(leases.size);
    conflicts.inc(resolved() - counted);
    counted = resolved();
    if (found.length > 0) await tellLoops(found);
  }

  return {
    resolved,
    tell,
    async claim(claiming: Claiming, trace: Trace): Promise<void> {
      traces.set(claiming.claim, trace);
      const told = await takeover.longest(claiming.ttl).then(
        () => true,
        (error: unknown) => {
          log.error({ err: error }, 'a lease this long must be journalled first, and could not be');
          return false;
        },
      );
      const now = clock.now();
      if (!told) return tell([refused(claiming, now, AGAIN, 'the journal cannot be written')]);
      if (leases.knows(claiming)) return tell(leases.claim(claiming, now));
      const { wait, fresh, damped } = loops.hold(claiming.resources, claiming.unit, now);
      if (wait === 0) return tell(leases.claim(claiming, now));
      if (fresh) heldBack += 1;
      const reason = `units undo each other on ${claiming.resources.join(', ')}: turns are ${APART / 1000} s apart`;
      await tell([refused(claiming, now, Math.min(wait, MOST_WAIT), reason)]);
      dampedLoops += damped.length;
      if (damped.length > 0) await tellLoops(damped);
    },
    async release(claim: string): Promise<void> {
      traces.delete(claim);
      await tell(leases.release(claim, clock.now()));
    },
    async tick(): Promise<void> {
      const now = clock.now();
      await tell(leases.tick(now));
      const settled = loops.tick(now);
      if (settled.length > 0) await tellLoops(settled);
    },
  };
}
