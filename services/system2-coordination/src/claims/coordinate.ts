import { currentTrace, inSpan, type ServiceContext, type Trace } from '@vsmcp/service';
import {
  type Answer,
  type Asked,
  type Balance,
  type Claim,
  type DataOf,
  Loop,
  loopText,
  type Stock,
  word,
} from '@vsmcp/vsm';
import type { Churn } from '../loops/churn.js';
import { APART, type Found, type Loops } from '../loops/loops.js';
import { areFilled, type Swinging } from '../loops/swinging.js';
import type { Outbox } from '../outbox.js';
import type { Takeover } from '../takeover.js';
import { type Answered, type Claiming, exclusive, refused, yielding } from './answers.js';
import { AGAIN, type Leases } from './leases.js';
import { Remembered, Resolved } from './resolved.js';

/** A held-back claim is told to ask again after at most this long (ms), the delay that System 1 can keep best. */
const MOST_WAIT = 30_000;
/** Leases that are shown. */
const MOST_SHOWN = 1000;

/** What decides. */
export interface Watching {
  leases: Leases;
  loops: Loops;
  /** Of shares, and of load. */
  swinging: { shares: Swinging; load: Swinging };
  churn: Churn;
}

/** What a leader does with claims and releases: decides (`leases.ts`, `loops.ts`), answers, and keeps the account. */
export function coordinate(
  context: ServiceContext,
  outbox: Outbox,
  { leases, loops, swinging, churn }: Watching,
  takeover: Takeover,
  epoch: number,
) {
  const { clock, journal, log, metrics } = context;
  const claims = metrics.counter('vsmcp_claims_total', 'Answers to claims', ['answer']);
  const waits = metrics.histogram('vsmcp_claim_wait_seconds', 'From claim to grant');
  const held = metrics.gauge('vsmcp_leases', 'Leases held');
  const cooled = metrics.gauge('vsmcp_loops', 'Loops that are damped');
  const conflicts = metrics.counter('vsmcp_conflicts_resolved_total', 'Claims that had to wait, and loops damped');
  /** Claims that wait, with the trace that their grant belongs to: it may be a release of another trace that brings it. */
  const traces = new Map<string, Trace>();
  const resolved = new Resolved();
  const remembered = new Remembered(clock.now());
  for (const { claim, token } of leases.held) remembered.add(claim, token, clock.now());

  function resolve(resolution: Parameters<Resolved['add']>[0]): void {
    resolved.add(resolution);
    conflicts.inc();
  }

  async function tellLoops(found: readonly Found[]): Promise<void> {
    for (const loop of found) {
      const entry = { system: 's2', epoch, type: `loop.${loop.state}`, cause: loop.resource, data: loop };
      // A loop that cannot be journalled is damped and told all the same; the next coordinator will find it itself.
      await journal
        .append(entry)
        .catch((error: unknown) => log.error({ err: error }, 'a loop could not be journalled'));
      await context.say(Loop, `loop.${word(loop.units[0] ?? 'unknown')}`, loop);
      log.warn(loop, `${loopText(loop)}: ${loop.state}`);
    }
    count();
  }

  /** For System 3, which acts on it for as long as it is told so. */
  async function tellControl(kind: 'swing' | 'churn', found: readonly Found[]): Promise<void> {
    for (const loop of found) {
      await context.say(Loop, `loop.${word(loop.units[0] ?? 'unknown')}`, loop);
      await journal.append({ system: 's2', epoch, type: `${kind}.${loop.state}`, cause: loop.resource, data: loop });
      log.warn(loop, `${loopText(loop)}: ${loop.state}`);
    }
    count();
  }

  const swings = () => [...swinging.shares.loops, ...swinging.load.loops];

  function count(): void {
    cooled.set(loops.damped.length + swings().length + churn.loops.length);
  }

  function account({ grant, unit, resources, since, renewed, behind }: Answered, now: number): Found[] {
    claims.inc({ answer: grant.granted ? 'granted' : 'wait' });
    if (!grant.granted || renewed) return [];
    if (grant.token !== undefined) remembered.add(grant.claim, grant.token, now);
    waits.observe((now - since) / 1000);
    resolved.granted(unit, now - since, behind !== undefined);
    const names = resources.map(({ resource }) => resource);
    if (behind) resolve({ at: now, how: 'turn', unit, resources: names, waited: now - since, behind: [...behind] });
    return loops.granted(exclusive(resources), unit, since, now);
  }

  async function tell(answers: readonly Answered[]): Promise<void> {
    const now = clock.now();
    const found = answers.flatMap((answer) => account(answer, now));
    held.set(leases.size);
    await Promise.all(
      answers.map(({ grant, instance }) => {
        const trace = traces.get(grant.claim) ?? {};
        traces.delete(grant.claim);
        const attributes = { 'vsmcp.claim': grant.claim, 'vsmcp.granted': grant.granted };
        return inSpan(context, 'grant', { attributes, follows: trace }, () =>
          outbox(instance, { grant, trace: { ...trace, ...currentTrace() } }),
        );
      }),
    );
    if (found.length > 0) await tellLoops(found);
  }

  /** Units that undo each other are held back; everybody else gets the resources or waits for them. */
  function decide(claiming: Claiming, now: number): { answers: Answered[]; damped: Found[] } {
    const alone = exclusive(claiming.resources);
    if (claiming.renew || leases.knows(claiming)) return { answers: leases.claim(claiming, now), damped: [] };
    const because = loops.yields(alone, claiming.unit, now);
    if (because !== undefined) return { answers: [yielding(claiming, now, because)], damped: [] };
    const { wait, fresh, damped } = loops.hold(alone, claiming.unit, now);
    if (wait === 0) return { answers: leases.claim(claiming, now), damped };
    const { unit } = claiming;
    if (fresh)
      resolve({ at: now, how: 'cooled', unit, resources: alone, waited: wait, behind: loops.others(alone, unit) });
    const reason = `units undo each other on ${alone.join(', ')}: turns are ${APART / 1000} s apart`;
    return { answers: [refused(claiming, now, Math.min(wait, MOST_WAIT), reason)], damped };
  }

  return {
    view: (schedules: Answer<'coordination'>['schedules']): Answer<'coordination'> => ({
      leases: leases.held.slice(0, MOST_SHOWN).map((lease) => ({ ...lease, resources: [...lease.resources] })),
      held: leases.size,
      waiting: leases.waiting,
      loops: [...loops.damped, ...swings(), ...churn.loops],
      schedules,
      conflicts_resolved: resolved.count,
      resolved: resolved.recent,
      waits: resolved.waits,
    }),
    granted: (claims: readonly string[]): Answer<'granted'> => ({
      since: remembered.since,
      granted: remembered.of(claims),
    }),
    async claim({ instance, claims: asked }: DataOf<typeof Claim>): Promise<void> {
      for (const { claim, traceparent, tracestate } of asked)
        if (traceparent !== undefined)
          traces.set(claim, { traceparent, ...(tracestate !== undefined && { tracestate }) });
      const told = await takeover.longest(Math.max(...asked.map(({ ttl }) => ttl))).then(
        () => true,
        (error: unknown) => {
          log.error({ err: error }, 'a lease this long must be journalled first, and could not be');
          return false;
        },
      );
      const now = clock.now();
      const decided = asked.map((one) => {
        const claiming = { ...one, instance };
        if (told) return decide(claiming, now);
        return { answers: [refused(claiming, now, AGAIN, 'the journal cannot be written')], damped: [] };
      });
      await tell(decided.flatMap(({ answers }) => answers));
      const damped = decided.flatMap((one) => one.damped);
      if (damped.length > 0) await tellLoops(damped);
    },
    async release(released: readonly string[]): Promise<void> {
      const now = clock.now();
      await tell(
        released.flatMap((claim) => {
          traces.delete(claim);
          return leases.release(claim, now);
        }),
      );
    },
    /** Whose purpose comes first on a resource on which units undo each other. */
    async precede({ resource, first }: Asked<'precede'>): Promise<Answer<'precede'>> {
      const loop = loops.prefer(resource, first);
      if (!loop) return { accepted: false, because: `${first.unit} is in no loop on ${resource}` };
      resolve({
        ...{ at: clock.now(), how: 'first', unit: first.unit, resources: [resource], waited: 0 },
        behind: loop.units.filter((unit) => unit !== first.unit),
      });
      await tellLoops([loop]);
      return { accepted: true, because: `the others yield to ${first.unit} on ${resource}` };
    },
    balance(said: DataOf<typeof Balance>): void {
      const { instance, units, running } = said;
      if (areFilled(units, running)) swinging.shares.said(instance, units, clock.now());
      swinging.load.said(instance, running, clock.now());
    },
    stock: (said: DataOf<typeof Stock>) => tellControl('churn', churn.stock(said, clock.now())),
    async tick(): Promise<void> {
      const now = clock.now();
      await tell(leases.tick(now));
      const settled = loops.tick(now);
      if (settled.length > 0) await tellLoops(settled);
      await tellControl('swing', [...swinging.shares.tick(now), ...swinging.load.tick(now)]);
      await tellControl('churn', churn.tick(now));
    },
  };
}
