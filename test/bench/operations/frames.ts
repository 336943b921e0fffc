import { DONE, type NervousSystem, unpackFrame } from '@vsmcp/nervous-system';
import { arrive, QUEUES, WindowedCounter } from '@vsmcp/vsm';
import { type Rabbit, startRabbit } from '../../support/rabbit-node.js';
import { hasBroker } from '../../support/rabbitmq.js';
import { openServices } from '../support/pair.js';
import { timeOf } from '../support/processors.js';
import { startPublisher } from '../support/publisher-process.js';
import { publishEvents } from '../support/publishing.js';
import type { Figure } from '../support/report.js';

const RUNS = 5;
/** Events of a run, by how they travel. */
const FRAMED = 3_000_000;
const IN_MEMORY = 1_000_000;
const SINGLE = 20_000;
const PREFETCH = 250;

/**
 * Frames from a publisher of its own process, confirmed, through a quorum queue into accounting: one subscriber that
 * reads each event as System 1 does and counts it, and no ledger. Beside it one event a message, and the same frames
 * without a broker.
 */
export async function framesIntoAccounting(): Promise<Figure[]> {
  const what = 'frames into accounting';
  if (!(await hasBroker())) return [{ what, unit: 'events/s', values: [], missing: 'no RabbitMQ here' }];
  const rabbit = await startRabbit();
  const services = await openServices([], {}, rabbit.url);
  try {
    const publisher = await startPublisher(rabbit.url, services.path);
    const count = await openAccount(await services.join('s1'));
    const broker = await processorTimeOf(rabbit);
    const framed: number[] = [];
    const single: number[] = [];
    const spent: Record<'publisher' | 'broker' | 'reader', number[]> = { publisher: [], broker: [], reader: [] };
    for (let run = 0; run <= RUNS; run++) {
      const [reading, routing] = [process.cpuUsage(), await broker()];
      let publishing = 0;
      const rate = await count(FRAMED, async () => {
        publishing = await publisher.publish(FRAMED, 'frames');
      });
      const { user, system } = process.cpuUsage(reading);
      framed.push(rate);
      spent.publisher.push(publishing / FRAMED);
      spent.broker.push(((await broker()) - routing) / FRAMED);
      spent.reader.push((user + system) / FRAMED);
      single.push(await count(SINGLE, () => publisher.publish(SINGLE, 'single')));
    }
    await publisher.end();
    return [
      { what, unit: 'events/s', values: framed.slice(1), wanted: '1,000,000' },
      ...Object.entries(spent).map(([who, values]) => ({
        what: `processor time of the ${who}`,
        unit: 'µs an event',
        values: values.slice(1),
      })),
      { what: 'the same, an event a message', unit: 'events/s', values: single.slice(1) },
      { what: 'frames in memory, both ends in one thread', unit: 'events/s', values: await inMemory() },
      { what: 'unpacked and counted, without a bus', unit: 'events/s', values: await withoutBus() },
    ];
  } finally {
    await services.stop();
    await rabbit.remove();
  }
}

/** @returns what tells the processor time (µs) that the node has taken; where the system does not say, not a number */
async function processorTimeOf(rabbit: Rabbit): Promise<() => Promise<number>> {
  const pid = /\d+/.exec(await rabbit.ctl('eval', 'os:getpid().'))?.[0] ?? '';
  return () => timeOf(pid);
}

const limits = { maxBytes: 1_048_576, newId: () => 'new', unpack: unpackFrame };

/**
 * Has so many events published and counts what arrives; resolves with the events a second, to the last one from where
 * it is said.
 */
type Count = (
  events: number,
  publish: () => Promise<unknown>,
  from?: 'publication' | 'first message',
) => Promise<number>;

async function openAccount(bus: NervousSystem): Promise<Count> {
  let counter = newCounter();
  let counted = 0;
  let since: number | undefined;
  let wanted = Number.POSITIVE_INFINITY;
  let done = (_rate: number): void => {};
  await bus.subscribe(
    { queue: { name: 's1.work', durable: QUEUES['s1.work'] }, prefetch: PREFETCH },
    async (delivery) => {
      const now = Date.now();
      since ??= performance.now();
      for (const one of arrive({ ...delivery, messageId: delivery.id }, { ...limits, now })) {
        if (!one.ok) throw new Error(one.reason);
        counter.add(one.event.type, 1, now);
        counted++;
      }
      if (counted >= wanted) done(counted / ((performance.now() - since) / 1000));
      return DONE;
    },
  );
  return async (events, publish, from = 'first message') => {
    counter = newCounter();
    counted = 0;
    since = from === 'publication' ? performance.now() : undefined;
    wanted = events;
    const rate = new Promise<number>((resolve) => {
      done = resolve;
    });
    await Promise.all([publish(), rate]);
    const { total } = counter.read(Date.now());
    if (total !== events) throw new Error(`${total} events were counted, not ${events}`);
    return rate;
  };
}

function newCounter(): WindowedCounter {
  return new WindowedCounter({ window: 3_600_000, buckets: 60, most: 1000, now: Date.now() });
}

/** Without a broker: who publishes and who counts share a thread. */
async function inMemory(): Promise<number[]> {
  const services = await openServices([], {});
  try {
    const count = await openAccount(await services.join('s1'));
    const world = await services.join('world');
    const rates: number[] = [];
    for (let run = 0; run <= RUNS; run++)
      rates.push(await count(IN_MEMORY, () => publishEvents(world, IN_MEMORY, 'frames'), 'publication'));
    return rates.slice(1);
  } finally {
    await services.stop();
  }
}

/** The most that one core could do. */
async function withoutBus(): Promise<number[]> {
  const { sampleFrame } = await import('../support/sample.js');
  const { content, key, events } = sampleFrame();
  const rates: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const counter = newCounter();
    const began = performance.now();
    let counted = 0;
    while (counted < IN_MEMORY) {
      const incoming = { key, content, contentType: 'application/vnd.vsmcp.frame', headers: {} };
      for (const one of arrive(incoming, { ...limits, now: 0 })) if (one.ok) counter.add(one.event.type, 1, Date.now());
      counted += events;
    }
    rates.push(counted / ((performance.now() - began) / 1000));
  }
  return rates.slice(1);
}
