import { randomUUID } from 'node:crypto';
import { openLog, openPostgres } from '@vsmcp/service';
import amqp from 'amqplib';
import { openSystem1 } from '../../../services/system1-operations/dist/index.js';
import { openTestPostgres } from '../../support/postgres.js';
import { startRabbit } from '../../support/rabbit-node.js';
import { hasBroker } from '../../support/rabbitmq.js';
import { inFlight, type Ran } from '../support/load.js';
import { eventOf, openOutsider } from '../support/outsider.js';
import { openServices } from '../support/pair.js';
import { type Figure, quantile } from '../support/report.js';

const RUNS = 5;
const EVENTS = 5000;
const WIDTH = 1000;
const PREFETCH = 500;

/**
 * Events through a `noted` unit on RabbitMQ, end to end with all guarantees, beside bare amqplib with the same
 * durability.
 */
export async function notedEvents(): Promise<Figure[]> {
  const what = 'events through a noted unit on RabbitMQ';
  const missing = (why: string): Figure[] => [{ what, unit: 'events/s', values: [], missing: why }];
  if (!(await hasBroker())) return missing('no RabbitMQ here');
  const postgres = await openTestPostgres();
  if (postgres === undefined) return missing('no PostgreSQL here');
  const rabbit = await startRabbit();
  const database = openPostgres(postgres.url, { log: openLog('silent') });
  try {
    const bareWay = await byAmqplib(rabbit.url);
    const settings = { max_concurrent_operations: WIDTH, amqp_prefetch_count: PREFETCH };
    const config = { units: { desk: { responses: { 'thing.seen': 'noted' as const } } } };
    const services = await openServices([openSystem1()], settings, rabbit.url, { config, database });
    const fleet: Ran[] = [];
    const bare: Ran[] = [];
    try {
      const outsider = await openOutsider(await services.join('world'));
      const send = () => outsider.send(eventOf(randomUUID(), 'thing.seen', { text: 'x'.repeat(150) }));
      // In turn, so that what slows the machine slows both.
      for (let run = 0; run <= RUNS; run++) {
        bare.push(await inFlight(EVENTS, WIDTH, bareWay.send));
        fleet.push(await inFlight(EVENTS, WIDTH, send));
      }
    } finally {
      await services.stop();
      await bareWay.close();
    }
    // The first only warms.
    bare.shift();
    fleet.shift();
    return [
      { what, unit: 'events/s', values: fleet.map(({ rate }) => rate) },
      { what: `${what}: p99`, unit: 'ms', values: fleet.map(({ took }) => quantile(took, 0.99)) },
      { what: 'bare amqplib, as durable, without a ledger', unit: 'events/s', values: bare.map(({ rate }) => rate) },
      {
        what: 'noted events ÷ bare amqplib',
        unit: '×',
        values: fleet.map(({ rate }, n) => rate / (bare[n]?.rate ?? NaN)),
      },
    ];
  } finally {
    await database.close();
    await postgres.stop();
    await rabbit.remove();
  }
}

/**
 * The same way without us: a confirmed persistent publish into a quorum queue, a consumer that publishes an outcome,
 * confirmed, and then acknowledges, and the publisher that hears it.
 */
async function byAmqplib(url: string): Promise<{ send: () => Promise<void>; close: () => Promise<void> }> {
  const [outside, worker] = [await amqp.connect(url), await amqp.connect(url)];
  const [publishing, hearing] = [await outside.createConfirmChannel(), await outside.createChannel()];
  const [working, answering] = [await worker.createChannel(), await worker.createConfirmChannel()];
  await working.assertExchange('bare.environment', 'topic');
  await working.assertExchange('bare.outcome', 'topic');
  await working.assertQueue('bare.work', { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await working.bindQueue('bare.work', 'bare.environment', '#');
  await working.prefetch(WIDTH + PREFETCH);
  await working.consume('bare.work', (message) => {
    if (message === null) return;
    const event = JSON.parse(message.content.toString());
    const content = Buffer.from(JSON.stringify({ ...event, type: 'outcome' }));
    answering.publish(
      'bare.outcome',
      'noted.thing.seen',
      content,
      { persistent: true, messageId: event.id },
      (error) => {
        if (!error) working.ack(message);
      },
    );
  });
  const waiting = new Map<string, () => void>();
  const { queue } = await hearing.assertQueue('', { exclusive: true });
  await hearing.bindQueue(queue, 'bare.outcome', '#');
  await hearing.prefetch(PREFETCH);
  await hearing.consume(queue, (message) => {
    if (message === null) return;
    const { id } = JSON.parse(message.content.toString());
    waiting.get(id)?.();
    waiting.delete(id);
    hearing.ack(message);
  });
  const send = (): Promise<void> => {
    const event = eventOf(randomUUID(), 'thing.seen', { text: 'x'.repeat(150) });
    const content = Buffer.from(JSON.stringify(event));
    const heard = new Promise<void>((resolve) => waiting.set(event.id, resolve));
    const sent = new Promise<void>((resolve, reject) => {
      publishing.publish('bare.environment', event.type, content, { persistent: true, messageId: event.id }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
    return sent.then(() => heard);
  };
  return {
    send,
    async close() {
      await outside.close();
      await worker.close();
    },
  };
}
