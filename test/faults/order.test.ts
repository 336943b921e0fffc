import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveEmbedded } from '@vsmcp/service';
import { PARTITION_QUEUES } from '@vsmcp/vsm';
import { type Channel, connect } from 'amqplib';
import { Child } from '../support/child.js';
import { embeddedTemplate } from '../support/embedded.js';
import { openOutside } from '../support/outside.js';
import { rabbitServer, startRabbit } from '../support/rabbit-node.js';
import { until } from '../support/until.js';

const KEYS = 20;
const EACH = 200;
const PATH = 'order';
const CONFIG = `
name: order
path: ${PATH}
units: { counting: { responses: { step.taken: noted } } }
`;
const MAIN = fileURLToPath(new URL('../../services/system1-operations/dist/main.js', import.meta.url));

/** With and without the plugin that hashes. */
for (const hash of [true, false]) {
  const name = `events with a partition key, ${hash ? 'hashed over the partitions' : 'on a broker that cannot hash'}`;
  describe(name, { skip: !rabbitServer() && 'no RabbitMQ on this machine' }, () => {
    it('keep their order while replicas are added, killed and removed', { timeout: 240_000 }, async (t) => {
      const endings: (() => Promise<unknown>)[] = [];
      const later = { after: (end: () => Promise<unknown>) => void endings.unshift(end) };
      t.after(async () => {
        for (const end of endings) await end();
      });
      const rabbit = await startRabbit({ hash });
      later.after(() => rabbit.remove());
      const home = await mkdtemp(join(tmpdir(), 'vsmcp-order-'));
      later.after(() => rm(home, { recursive: true, force: true }));
      await writeFile(join(home, 'vsmcp.yaml'), CONFIG);
      const database = await serveEmbedded('memory', { template: await embeddedTemplate() });
      later.after(() => database.close());
      const broker = await lookAt(later, rabbit.url);

      let replicas = 0;
      /** A real process; resolves when it stands in the line for each partition. */
      const start = async (): Promise<Child> => {
        const node = `node-${++replicas}`;
        const child = new Child(process.execPath, [MAIN], {
          ...{ PATH: process.env.PATH, HOME: home, VSMCP_HOME: home, VSMCP_CONFIG: join(home, 'vsmcp.yaml') },
          ...{ VSMCP_AMQP_URL: rabbit.url, VSMCP_DATABASE_URL: database.url, VSMCP_NODE_NAME: node },
          ...{ VSMCP_METRICS_HOST: '127.0.0.1', VSMCP_METRICS_PORT: '0' },
        });
        const before = await broker.consumers();
        child.start();
        later.after(() => child.end('SIGKILL'));
        await until(async () => child.ended || (await broker.consumers()).every((n, i) => n === (before[i] ?? 0) + 1), {
          timeout: 60_000,
          what: `${node} consumes`,
        });
        assert.ok(!child.ended, child.output);
        return child;
      };

      const first = await start();
      await until(() => broker.saysOutcomes(), { timeout: 30_000, what: 'there is where outcomes are said' });
      const outside = await openOutside(later, rabbit.url, PATH);
      /** Event ids by key, in the order in which anything was first said of each. */
      const seen = () => {
        const order = new Map<string, number[]>();
        for (const id of outside.outcomes.keys()) {
          const [key = '', n] = id.split(':');
          order.set(key, [...(order.get(key) ?? []), Number(n)]);
        }
        return order;
      };
      const publish = async (from: number, to: number): Promise<void> => {
        for (let n = from; n < to; n++) {
          await Promise.all(
            Array.from({ length: KEYS }, (_, k) =>
              outside.publish(
                'step.taken',
                `key-${k}:${n}`,
                { n },
                {
                  'cloudEvents:specversion': '1.0',
                  'cloudEvents:id': `key-${k}:${n}`,
                  'cloudEvents:source': '/order',
                  'cloudEvents:type': 'step.taken',
                  'cloudEvents:partitionkey': `key-${k}`,
                },
              ),
            ),
          );
        }
      };

      let second: Child | undefined;
      const faults = new Map<number, () => Promise<unknown>>([
        [50, async () => (second = await start())],
        [100, () => first.end('SIGKILL')],
        [125, () => start()],
        [160, async () => second?.end('SIGTERM')],
      ]);
      for (let n = 0; n < EACH; n += 5) {
        const fault = faults.get(n)?.();
        await publish(n, n + 5);
        await fault;
      }
      await until(() => outside.outcomes.size === KEYS * EACH, {
        timeout: 90_000,
        what: 'every event has an outcome',
      }).catch((error: Error) => assert.fail(`${error.message}: ${outside.outcomes.size}`));
      const expected = Array.from({ length: EACH }, (_, n) => n);
      for (const [key, order] of seen()) assert.deepEqual(order, expected, key);
      for (const [id, said] of outside.outcomes)
        assert.deepEqual(
          said.map((o) => o.outcome),
          ['noted'],
          id,
        );
      const by = new Set([...outside.outcomes.values()].flatMap((said) => said.map((o) => o.by)));
      assert.equal(by.size, 3, `each replica had its turn: ${[...by]}`);
      await outside.close();
    });
  });
}

interface Look {
  /** How many consumers each partition has. */
  consumers(): Promise<number[]>;
  /** Whether outcomes have an exchange. */
  saysOutcomes(): Promise<boolean>;
}

async function lookAt(t: { after(fn: () => Promise<unknown>): void }, url: string): Promise<Look> {
  const connection = await connect(url);
  t.after(() => connection.close());
  const onChannel = async <T>(work: (channel: Channel) => Promise<T>, absent: T): Promise<T> => {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    try {
      const value = await work(channel);
      await channel.close();
      return value;
    } catch {
      return absent; // not declared yet
    }
  };
  return {
    consumers: () =>
      onChannel(
        async (channel) => {
          const counts: number[] = [];
          for (const name of PARTITION_QUEUES) counts.push((await channel.checkQueue(`${PATH}.${name}`)).consumerCount);
          return counts;
        },
        [0, 0, 0, 0, 0, 0, 0, 0],
      ),
    saysOutcomes: () => onChannel(async (channel) => Boolean(await channel.checkExchange(`${PATH}.outcome`)), false),
  };
}
