import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { serveEmbedded } from '@vsmcp/service';
import { connect } from 'amqplib';
import { Child } from './child.js';
import { embeddedTemplate } from './embedded.js';
import { openOutside } from './outside.js';
import { rabbitServer, startRabbit } from './rabbit-node.js';
import { until } from './until.js';

const KEYS = 20;
const PATH = 'order';
const CONFIG = `
name: order
path: ${PATH}
units: { counting: { responses: { step.taken: noted } } }
`;
const MAIN = fileURLToPath(new URL('../../services/system1-operations/dist/main.js', import.meta.url));

/**
 * Events with a partition key on a real broker, while replicas are added, killed and removed.
 * @param hash whether the broker has the plugin that hashes
 * @param each events of each key
 */
export function keepsOrder(hash: boolean, each: number): void {
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

      let replicas = 0;
      /** A real process; resolves when it stands in the line for each partition. */
      const start = async (): Promise<Child> => {
        const node = `node-${++replicas}`;
        const child = new Child(process.execPath, [MAIN], {
          PATH: process.env.PATH,
          HOME: home,
          VSMCP_HOME: home,
          VSMCP_CONFIG: join(home, 'vsmcp.yaml'),
          VSMCP_AMQP_URL: rabbit.url,
          VSMCP_DATABASE_URL: database.url,
          VSMCP_NODE_NAME: node,
          VSMCP_METRICS_HOST: '127.0.0.1',
          VSMCP_METRICS_PORT: '0',
        });
        child.start();
        later.after(() => child.end('SIGKILL'));
        // Of those who stand by, a quorum queue tells nobody.
        await until(() => child.ended || child.output.includes('"msg":"runs"'), {
          timeout: 60_000,
          what: `${node} runs`,
        }).catch((error: Error) => assert.fail(`${error.message}: ${child.output}`));
        assert.ok(!child.ended, child.output);
        return child;
      };

      const first = await start();
      await until(() => saysOutcomes(rabbit.url), { timeout: 30_000, what: 'there is where outcomes are said' });
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
        [each * 0.25, async () => (second = await start())],
        [each * 0.5, () => first.end('SIGKILL')],
        [each * 0.625, () => start()],
        [each * 0.75, async () => second?.end('SIGTERM')],
      ]);
      for (let n = 0; n < each; n += 5) {
        const fault = faults.get(n)?.();
        await publish(n, n + 5);
        await fault;
      }
      await until(() => outside.outcomes.size === KEYS * each, {
        timeout: 90_000,
        what: 'every event has an outcome',
      }).catch((error: Error) => assert.fail(`${error.message}: ${outside.outcomes.size}`));
      const expected = Array.from({ length: each }, (_, n) => n);
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

/** True when the fleet has where to say outcomes. */
async function saysOutcomes(url: string): Promise<boolean> {
  const connection = await connect(url);
  connection.on('error', () => {});
  try {
    const channel = await connection.createChannel();
    channel.on('error', () => {});
    await channel.checkExchange(`${PATH}.outcome`);
    return true;
  } catch {
    return false; // not declared yet
  } finally {
    await connection.close();
  }
}
