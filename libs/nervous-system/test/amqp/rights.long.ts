import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connectAmqp, DONE } from '@vsmcp/nervous-system';
import { handoverQueue, Party as Parties, type Party, permissionsOf } from '@vsmcp/vsm';
import { type Rabbit, rabbitServer, startRabbit } from '../../../../test/support/rabbit-node.js';
import { conformance } from '../conformance.js';
import { openFleet } from '../fleets.js';
import { bytes, clock, durable, ids, message, silent, until, type World } from '../world.js';

const missing = !rabbitServer() && 'no RabbitMQ installed';
let rabbit: Rabbit;

/** A fleet in which each party has a broker user with the rights of the tables, and nobody declares what stands. */
async function openStrictFleet(): Promise<World & { url(party: Party): string }> {
  const fleet = await openFleet(rabbit.url);
  const { path } = fleet;
  // An administrator has declared it.
  await (await fleet.join('s1')).close();
  const users = Parties.options.map((party) => ({
    party,
    name: `${path}-${party}`,
    rights: permissionsOf(path, party),
  }));
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-rights-'));
  await writeFile(
    join(folder, 'definitions.json'),
    JSON.stringify({
      users: users.map(({ name }) => ({ name, password: 'secret', tags: '' })),
      permissions: users.map(({ name, rights: { configure, write, read } }) => ({
        user: name,
        vhost: '/',
        configure,
        write,
        read,
      })),
      topic_permissions: users.flatMap(({ name, rights }) =>
        rights.topics.map((topic) => ({ user: name, vhost: '/', ...topic })),
      ),
    }),
  );
  await rabbit.ctl('import_definitions', join(folder, 'definitions.json'));
  await rm(folder, { recursive: true });
  const url = (party: Party) => `amqp://${path}-${party}:secret@127.0.0.1:${rabbit.port}`;
  let members: { close(): Promise<void> }[] = [];
  const close = async () => {
    await Promise.all(members.map((member) => member.close()));
    members = [];
  };
  return {
    path,
    url,
    join: async (party, instance = `${party}-${ids()}`, signer) => {
      const around = { heartbeat: 5000, path, clock, ids, log: silent, declare: false };
      const member = await connectAmqp({ ...around, url: url(party), party, instance, signer });
      members.push(member);
      await until(() => member.health().ok);
      return member;
    },
    clean: async () => {
      await close();
      await fleet.clean();
    },
    end: async () => {
      await close();
      await fleet.end();
    },
  };
}

describe('each with a broker user of its own', { skip: missing, timeout: 240_000 }, () => {
  before(async () => {
    rabbit = await startRabbit();
  });
  after(() => rabbit?.remove());

  conformance('AMQP with the rights of the tables', openStrictFleet);

  test('the queue of a server that comes and goes is made by its owner', async () => {
    const world = await openStrictFleet();
    const s1 = await world.join('s1');
    const { name, queue } = handoverQueue('memory');
    const tries: number[] = [];
    await s1.subscribe({ queue: { name, durable: queue }, prefetch: 1 }, async ({ attempts }) => {
      tries.push(attempts);
      return attempts === 0 ? { result: 'later', delay: '1s', counted: true } : DONE;
    });
    await s1.publish(message('coordination', 'handover.memory'));
    await until(() => tries.length === 2);
    assert.deepEqual(tries, [0, 1]);
    await world.end();
  });

  test('a question and its answer', async () => {
    const world = await openStrictFleet();
    const s5 = await world.join('s5');
    const gateway = await world.join('gateway');
    await s5.subscribe(durable('s5.query'), async (delivery) => {
      await s5.respond(delivery, { content: bytes('yes'), contentType: 'text/plain' });
      return DONE;
    });
    const answer = await gateway.request(
      { key: 's5.any.alerts', content: bytes(''), contentType: 'text/plain' },
      10_000,
    );
    assert.equal(new TextDecoder().decode(answer.content), 'yes');
    await world.end();
  });

  test('one that declares nothing is not ready until what it needs stands, and says who is to see to it', async () => {
    const path = `t-${randomUUID().slice(0, 8)}`;
    const around = { heartbeat: 5000, path, clock, ids, log: silent };
    const s4 = await connectAmqp({ ...around, url: rabbit.url, party: 's4', instance: 's4-late', declare: false });
    const reason = () => {
      const health = s4.health();
      return health.ok ? '' : health.reason;
    };
    await until(() =>
      /\.environment is not on the broker: let an administrator run vsmcp topology apply/.test(reason()),
    );
    const admin = await connectAmqp({ ...around, url: rabbit.url, party: 's1', instance: 's1-admin' });
    await until(() => admin.health().ok && s4.health().ok);
    await Promise.all([s4.close(), admin.close()]);
  });
});
