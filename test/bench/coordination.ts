import { realClock, type Service, type ServiceContext } from '@vsmcp/service';
import { Claims } from '../../services/system1-operations/src/handling/claims.js';
import type { Answered } from '../../services/system2-coordination/src/claims/answers.js';
import { Leases } from '../../services/system2-coordination/src/claims/leases.js';
import { system2 } from '../../services/system2-coordination/src/index.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { type Contended, contend, type Locks, UNITS, wantedBy } from './support/contention.js';
import { openServices } from './support/pair.js';
import { type Figure, quantile } from './support/report.js';

const RUNS = 5;
const DECISIONS = 100_000;
/** Over a bus fewer, in fewer runs. */
const BUS_RUNS = 3;
const BUS_DECISIONS = 10_000;
const TTL = 30_000;

/**
 * Claims granted a second while 1,000 units contend for 100 resources: the engine beside a mutex per resource, then the
 * whole way over a bus and back, also without contention.
 */
export async function coordination(): Promise<Figure[]> {
  const engine = repeated(() => contend(leaseLocks(), DECISIONS));
  const mutex = repeated(() => contend(mutexes(), DECISIONS));
  const figures = [
    ...engineFigures('System 2’s leases', engine, { rate: '25,000', decision: '< 5 ms' }),
    ...engineFigures('a mutex per resource', mutex),
    ...(await overBus('in memory', undefined)),
  ];
  if (await hasBroker()) return [...figures, ...(await overBus('over RabbitMQ', await brokerUrl()))];
  return [...figures, { what: 'over RabbitMQ', unit: 'claims/s', values: [], missing: 'no broker here' }];
}

function repeated(run: () => Contended): Contended[] {
  run(); // warm
  return Array.from({ length: RUNS }, run);
}

function engineFigures(
  what: string,
  runs: readonly Contended[],
  wanted?: { rate: string; decision: string },
): Figure[] {
  const rate = runs.map(({ grants, seconds }) => grants / seconds);
  const p99 = runs.map(({ decisions }) => quantile(decisions, 0.99));
  return [
    { what, unit: 'claims granted/s', values: rate, ...(wanted && { wanted: wanted.rate }) },
    { what: `${what}: a decision, p99`, unit: 'ms', values: p99, ...(wanted && { wanted: wanted.decision }) },
  ];
}

function leaseLocks(): Locks {
  const leases = new Leases(1, 0);
  const tell = (answers: readonly Answered[], granted: (id: string) => void) => {
    for (const { grant } of answers) if (grant.granted) granted(grant.claim);
  };
  return {
    claim(id, unit, resources, granted) {
      const wanted = resources.map((resource) => ({ resource, of: 1 }));
      const claiming = {
        claim: id,
        unit: `unit${unit}`,
        instance: 'bench',
        resources: wanted,
        ttl: TTL,
        patience: TTL,
      };
      tell(leases.claim(claiming, performance.now()), granted);
    },
    release: (id, granted) => tell(leases.release(id, performance.now()), granted),
  };
}

/** The way of a program by itself: a lock with a queue for each resource, taken one after the other in one order. */
function mutexes(): Locks {
  const locks = new Map<string, { free: boolean; queue: (() => void)[] }>();
  const held = new Map<string, string[]>();
  const take = (id: string, resources: string[], at: number, granted: (id: string) => void): void => {
    const name = resources[at];
    if (name === undefined) {
      held.set(id, resources);
      granted(id);
      return;
    }
    const lock = locks.get(name) ?? { free: true, queue: [] };
    locks.set(name, lock);
    const go = () => take(id, resources, at + 1, granted);
    if (!lock.free) lock.queue.push(go);
    else {
      lock.free = false;
      go();
    }
  };
  return {
    claim: (id, _unit, resources, granted) => take(id, resources, 0, granted),
    release(id) {
      for (const name of held.get(id) ?? []) {
        const lock = locks.get(name);
        const next = lock?.queue.shift();
        if (next) next();
        else if (lock) lock.free = true;
      }
      held.delete(id);
    },
  };
}

/**
 * System 2 as it runs, and a replica's claims as they are made: with the bus, the schemas, and batches as they come
 * about.
 */
async function overBus(where: string, url: string | undefined): Promise<Figure[]> {
  let claims: Claims | undefined;
  const replica: Service = {
    system: 's1',
    async start(context: ServiceContext) {
      claims = new Claims(context);
      return claims.start();
    },
  };
  const settings = { max_concurrent_operations: 2 * UNITS, coordination_timeout: 30_000 };
  const services = await openServices([system2, replica], settings, url);
  try {
    const held = claims;
    if (!held) throw new Error('the replica has not started');
    const contended = await busRuns(held, wantedBy);
    const apart = await busRuns(held, (unit) => [`own${unit}`]);
    return [
      { what: `${where}, contended`, unit: 'claims granted/s', values: contended.map(({ rate }) => rate) },
      { what: `${where}, each its own resource`, unit: 'claims granted/s', values: apart.map(({ rate }) => rate) },
      { what: `${where}: from claim to grant, p99`, unit: 'ms', values: apart.map(({ p99 }) => p99) },
    ];
  } finally {
    await services.stop();
  }
}

async function busRuns(claims: Claims, wanted: typeof wantedBy): Promise<{ rate: number; p99: number }[]> {
  const runs = [];
  for (let n = 0; n <= BUS_RUNS; n++) runs.push(await busRun(claims, wanted));
  return runs.slice(1); // the first warms
}

/** 1,000 units, each with a claim under way at all times. */
async function busRun(claims: Claims, wanted: typeof wantedBy): Promise<{ rate: number; p99: number }> {
  const waits: number[] = [];
  const began = performance.now();
  const unit = async (n: number) => {
    for (let round = 0; waits.length < BUS_DECISIONS; round++) {
      const since = performance.now();
      const resources = wanted(n, round).map((resource) => ({ resource, of: 1 }));
      const held = await claims.hold(`unit${n}`, resources, TTL);
      if (held.granted) {
        waits.push(performance.now() - since);
        await held.release();
      } else await new Promise<void>((resolve) => realClock.after(held.wait, resolve));
    }
  };
  await Promise.all(Array.from({ length: UNITS }, (_, n) => unit(n)));
  return { rate: waits.length / ((performance.now() - began) / 1000), p99: quantile(waits, 0.99) };
}
