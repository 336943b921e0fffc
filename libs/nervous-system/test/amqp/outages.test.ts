import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { connectAmqp, DONE, HEADERS, type NervousSystem } from '@vsmcp/nervous-system';
import { exchangeName, type Party, queueName, topology } from '@vsmcp/vsm';
import amqp from 'amqplib';
import { type Rabbit, rabbitServer, startRabbit } from '../../../../test/support/rabbitmq.js';
import { bytes, clock, durable, ids, message, own, silent, textOf, until } from '../world.js';

/** Things that only a broker can do: go away, come back, refuse, and block. It is a node of our own. */
describe('AMQP, when the broker fails', { skip: !rabbitServer() && 'no RabbitMQ installed', timeout: 240_000 }, () => {
  let rabbit: Rabbit;
  let members: NervousSystem[] = [];
  const path = 'vsm.west';

  async function join(party: Party, url = rabbit.url): Promise<NervousSystem> {
    const instance = `${party}-${ids()}`;
    const member = await connectAmqp({ url, heartbeat: 5000, path, party, instance, clock, ids, log: silent });
    members.push(member);
    return member;
  }
  async function raw<T>(work: (channel: amqp.Channel) => Promise<T>): Promise<T> {
    const connection = await amqp.connect(rabbit.url);
    const result = await work(await connection.createChannel());
    await connection.close();
    return result;
  }
  const reasonOf = (member: NervousSystem): string => {
    const health = member.health();
    return health.ok ? '' : health.reason;
  };

  before(async () => {
    rabbit = await startRabbit();
  });
  afterEach(async () => {
    await Promise.all(members.map((member) => member.close()));
    members = [];
    await raw(async (channel) => {
      for (const { name } of topology(path).queues) await channel.purgeQueue(name);
    });
  });
  after(() => rabbit?.remove());

  test('it starts without a broker, says so, and keeps what is published; past the bound it refuses', async () => {
    await rabbit.stop();
    const s4 = await join('s4');
    const s1 = await join('s1');
    await until(() => /ECONNREFUSED/.test(reasonOf(s4)));
    assert.match(reasonOf(s4), new RegExp(`not connected to the broker at amqp://127.0.0.1:${rabbit.port}: .*`));
    assert.doesNotMatch(reasonOf(s4), /guest/);
    const got = new Set<string>();
    const subscribed = s1.subscribe(durable('s1.work', 500), async (delivery) => {
      got.add(textOf(delivery));
      return DONE;
    });
    const kept = Array.from({ length: 10_000 }, (_, i) => s4.publish(message('environment', 'a', String(i))));
    await assert.rejects(s4.publish(message('environment', 'a', 'one too many')), {
      code: 'VSM_BROKER',
      message: /10000 messages .* wait for the broker already; not connected/,
    });
    assert.equal(s4.stats().unconfirmed, 10_000);
    await rabbit.start();
    await Promise.all(kept);
    await subscribed;
    await until(() => got.size === 10_000);
    await until(() => s4.health().ok);
    assert.equal(s4.stats().rejected, 1);
  });

  test('after a restart all consume again, and what was published meanwhile arrives', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const s3 = await join('s3');
    const gateway = await join('gateway');
    const heard: Record<string, string[]> = { work: [], own: [] };
    await s1.subscribe(durable('s1.work'), async (delivery) => {
      heard.work?.push(textOf(delivery));
      return DONE;
    });
    await s3.subscribe(own('outcome', ['#']), async (delivery) => {
      heard.own?.push(textOf(delivery));
      return DONE;
    });
    await s1.subscribe(durable('s1.query'), async (delivery) => {
      await s1.respond(delivery, { content: bytes('here'), contentType: 'text/plain' });
      return DONE;
    });
    const question = { key: 's1.any.waiting', content: bytes(''), contentType: 'text/plain' };
    await gateway.request(question, 30_000);
    await s4.publish(message('environment', 'a', 'before'));
    await until(() => heard.work?.length === 1);

    await rabbit.stop();
    const meanwhile = s4.publishBatch([message('environment', 'a', 'away 1'), message('environment', 'a', 'away 2')]);
    await until(() => members.every((member) => !member.health().ok));
    await rabbit.start();
    await meanwhile;
    await until(() => members.every((member) => member.health().ok));

    assert.equal(textOf(await gateway.request(question, 30_000)), 'here');
    await s1.publish(message('outcome', 'answered.a', 'after'));
    await until(() => heard.own?.length === 1 && heard.work?.length === 3);
    assert.deepEqual(heard, { work: ['before', 'away 1', 'away 2'], own: ['after'] });
    assert.ok(s1.stats().reconnected >= 3);
  });

  test('killed in mid-stream: nothing that was published is lost', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const got = new Set<string>();
    await s1.subscribe(durable('s1.work', 100), async (delivery) => {
      got.add(textOf(delivery));
      return DONE;
    });
    const publish = (from: number): Promise<unknown> =>
      Promise.all(Array.from({ length: 2000 }, (_, i) => s4.publish(message('environment', 'a', String(from + i)))));
    const first = publish(0);
    await until(() => got.size > 500);
    const second = publish(2000);
    await rabbit.kill();
    await rabbit.start();
    await Promise.all([first, second]);
    await until(() => got.size === 4000);
    assert.equal(s4.stats().confirmed, 4000);
    assert.ok(s4.stats().resent > 0);
  });

  test('its queue is deleted: it makes a new one and consumes again', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    let got = 0;
    await s1.subscribe(durable('s1.work'), async () => {
      got++;
      return DONE;
    });
    await raw((channel) => channel.deleteQueue(queueName(path, 's1.work')));
    await until(async () => {
      await s4.publish(message('environment', 'a'));
      return got > 0;
    });
    await until(() => s1.health().ok);
  });

  test('a channel’s exchange is gone: that publish is refused with the mend, the others go through', async () => {
    const s1 = await join('s1');
    const s3 = await join('s3');
    let got = 0;
    await s3.subscribe(own('outcome', ['#']), async () => {
      got++;
      return DONE;
    });
    await until(() => s1.health().ok);
    await raw((channel) => channel.deleteExchange(exchangeName(path, 'audit')));
    const [refused, fine] = await Promise.allSettled([
      s1.publish(message('audit', 'evidence.u')),
      s1.publish(message('outcome', 'answered.a')),
    ]);
    assert.equal(fine.status, 'fulfilled');
    assert.ok(refused.status === 'rejected');
    assert.equal(refused.reason.code, 'VSM_BROKER');
    assert.match(refused.reason.message, /no exchange 'vsm\.west\.audit'.*vsmcp topology diff/);
    await until(() => got >= 1);
  });

  test('a channel’s exchange is gone: what goes to others is not even sent again', async () => {
    const s1 = await join('s1');
    await until(() => s1.health().ok);
    await s1.publish(message('audit', 'evidence.u'));
    await raw((channel) => channel.deleteExchange(exchangeName(path, 'audit')));
    const fine = Array.from({ length: 500 }, (_, i) => s1.publish(message('outcome', 'answered.a', String(i))));
    const refused = await Promise.allSettled(
      Array.from({ length: 5 }, () => s1.publish(message('audit', 'evidence.u'))),
    );
    assert.ok(refused.every(({ status }) => status === 'rejected'));
    await Promise.all(fine);
    assert.equal(s1.stats().resent, 0);
  });

  test('what the broker itself gave up is told as the dead are told, also after it came back later', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    await until(() => s4.health().ok);
    let putOff = 0;
    const taking = await s1.subscribe(durable('s1.work'), async () => {
      putOff++;
      return { result: 'later', delay: '1s', counted: true };
    });
    await s4.publish({ ...message('environment', 'file.later', 'x'), id: 'late' });
    await until(() => putOff === 1);
    await taking.stop();
    await s4.publish({ ...message('environment', 'file.md', 'x'), id: 'crash' });
    await raw(async (channel) => {
      // A consumer that crashes over and over, from the broker's point of view.
      await channel.consume(queueName(path, 's1.work'), (taken) => {
        if (taken) channel.reject(taken, true);
      });
      await until(async () => (await s1.depth('s1.dead')) === 2);
    });
    const dead: Record<string, unknown>[] = [];
    await s1.subscribe(durable('s1.dead'), async ({ channel, key, id, headers }) => {
      dead.push({ channel, key, id, headers });
      return DONE;
    });
    await until(() => dead.length === 2);
    const headers = {
      [HEADERS.channel]: 'environment',
      [HEADERS.queue]: 's1.work',
      [HEADERS.reason]: 'delivered more than 20 times without being settled',
    };
    assert.deepEqual(dead, [
      { channel: 'dead', key: 'file.md', id: 'crash', headers },
      { channel: 'dead', key: 'file.later', id: 'late', headers },
    ]);
  });

  test('the broker blocks publishers: health says so, and since when', async () => {
    const s4 = await join('s4');
    await until(() => s4.health().ok);
    await rabbit.ctl('set_vm_memory_high_watermark', '0.00001');
    const published = s4.publish(message('environment', 'a'));
    await until(() => /blocks publishers since 20.*: low on memory/.test(reasonOf(s4)));
    await rabbit.ctl('set_vm_memory_high_watermark', '0.7');
    await published;
    await until(() => s4.health().ok);
  });

  test('a user who may not declare can work with what stands', async () => {
    await rabbit.ctl('add_user', 'worker', 'secret');
    await rabbit.ctl('set_permissions', 'worker', String.raw`^vsm\.west\.own\..*`, '.*', '.*');
    const url = `amqp://worker:secret@127.0.0.1:${rabbit.port}`;
    const s4 = await join('s4', url);
    const s1 = await join('s1', url);
    const s3 = await join('s3', url);
    const got: string[] = [];
    await s1.subscribe(durable('s1.work'), async ({ key }) => {
      got.push(key);
      return DONE;
    });
    await s3.subscribe(own('outcome', ['#']), async ({ key }) => {
      got.push(key);
      return DONE;
    });
    await s4.publish(message('environment', 'by.worker'));
    await s1.publish(message('outcome', 'answered.by.worker'));
    await until(() => got.includes('by.worker') && got.includes('answered.by.worker'));
  });

  test('headers that cannot be sent a second time: the message dies with the reason, and holds nobody up', async () => {
    const s4 = await join('s4');
    const s1 = await join('s1');
    const dead: Record<string, unknown>[] = [];
    await s1.subscribe(durable('s1.dead'), async ({ id, headers }) => {
      dead.push({ id, headers });
      return DONE;
    });
    await s1.subscribe(durable('s1.work'), async () => ({ result: 'later', delay: '1s', counted: true }));
    await s4.publish({ ...message('environment', 'a.b', 'x'), id: 'i', headers: { large: 'x'.repeat(65_480) } });
    await until(() => dead.length === 1 && s1.stats().inFlight === 0);
    const reason = /^its headers were left out: 1s.s1.work cannot be encoded: .* exceeds/;
    const [{ id, headers } = {}] = dead;
    assert.equal(id, 'i');
    assert.match(JSON.stringify((headers as Record<string, unknown>)[HEADERS.reason]).slice(1), reason);
    assert.deepEqual(Object.keys(headers as object).sort(), [HEADERS.channel, HEADERS.queue, HEADERS.reason].sort());
  });

  test('a wrong password, URL or heartbeat is said plainly', async () => {
    const s1 = await join('s1', `amqp://guest:wrong@127.0.0.1:${rabbit.port}`);
    await until(() => /ACCESS.REFUSED/.test(reasonOf(s1)));
    const nowhere = await join('s1', `${rabbit.url}/nowhere`);
    await until(() => /it has no virtual host nowhere, or this user may not use it/.test(reasonOf(nowhere)));
    await assert.rejects(join('s1', 'http://127.0.0.1'), { code: 'VSM_CONFIG' });
    await assert.rejects(join('s1', 'nonsense'), { code: 'VSM_CONFIG' });
    const options = { url: rabbit.url, path, party: 's1', clock, ids, log: silent } as const;
    await assert.rejects(connectAmqp({ ...options, instance: 'x', heartbeat: 1000 }), { code: 'VSM_CONFIG' });
    await assert.rejects(connectAmqp({ ...options, instance: 'X.y', heartbeat: 5000 }), { code: 'VSM_CONFIG' });
  });
});
