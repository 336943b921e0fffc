import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PARTITION_HEADERS, PARTITION_QUEUES, Party } from '@vsmcp/vsm';
import amqp from 'amqplib';
import { freePort } from '../../../../test/support/ports.js';
import { type Rabbit, rabbitServer, startRabbit } from '../../../../test/support/rabbit-node.js';
import { until } from '../../../../test/support/until.js';
import { temporaryFolder } from '../folder.js';
import { vsmcp } from '../vsmcp.js';

describe('vsmcp topology', { skip: !rabbitServer() && 'RabbitMQ is not installed here', timeout: 240_000 }, () => {
  let rabbit: Rabbit;
  let folder: string;
  const endings: (() => Promise<void>)[] = [];
  const topology = (...args: string[]) =>
    vsmcp(['topology', ...args], {
      VSMCP_CONFIG: join(folder, 'vsmcp.yaml'),
      VSMCP_MANAGEMENT_URL_FILE: join(folder, 'secrets', 'management-url'),
    });
  const users = () => ['--users', join(folder, 'secrets')];

  before(async () => {
    folder = await temporaryFolder({ after: (fn) => void endings.push(fn) });
    await writeFile(join(folder, 'vsmcp.yaml'), 'path: north\n');
    await mkdir(join(folder, 'secrets'));
    for (const party of Party.options) {
      await writeFile(join(folder, 'secrets', `amqp-${party}`), `amqp://north-${party}:p%40ss-${party}@broker:5672\n`);
    }
    rabbit = await startRabbit({ management: true });
    endings.push(() => rabbit.remove());
    await writeFile(join(folder, 'secrets', 'management-url'), `${rabbit.management}\n`);
    const answers = () => fetch(rabbit.management.replace('guest:guest@', '')).then(Boolean, () => false);
    await until(answers, { timeout: 60_000, what: 'the management interface answers' });
  });
  after(async () => {
    for (const end of endings.reverse()) await end();
  });

  test('diff names what is missing and ends with 3; apply declares it, and the same again changes nothing', async () => {
    const before = await topology('diff', ...users());
    assert.equal(before.code, 3, before.err);
    assert.match(before.out, /^missing +queue +north\.s1\.work/m);
    assert.match(before.out, /^missing +user +north-s1/m);
    const applied = await topology('apply', ...users());
    assert.equal(applied.code, 0, applied.err);
    assert.match(
      applied.out,
      /^north on http:\/\/127\.0\.0\.1:\d+: 18 exchanges, .* 9 users; [1-9]\d* of them new or changed/,
    );
    assert.match((await topology('apply', ...users())).out, /; 0 of them new or changed/);
    const after = await topology('diff', ...users());
    assert.deepEqual(
      [after.code, after.out],
      [0, `${rabbit.management.replace('guest:guest@', '')} has all of north\n`],
    );
  });

  test('its users can log in, and may what the tables let them', async () => {
    const publish = async (party: string, exchange: string, key: string) => {
      const connection = await amqp.connect(`amqp://north-${party}:p%40ss-${party}@127.0.0.1:${rabbit.port}`);
      connection.on('error', () => {}); // said by the channel
      const channel = await connection.createConfirmChannel();
      const refused = new Promise<string>((resolve) => channel.on('error', (error: Error) => resolve(error.message)));
      channel.publish(exchange, key, Buffer.from('{}'));
      const said = await Promise.race([
        refused,
        channel.waitForConfirms().then(
          () => 'done',
          () => refused,
        ),
      ]);
      await connection.close();
      return said;
    };
    assert.equal(await publish('world', 'north.environment', 'any.thing'), 'done');
    assert.match(await publish('world', 'north.report', 's1.a.load'), /ACCESS_REFUSED/);
    assert.match(await publish('s1', 'north.report', 's3.a.performance'), /ACCESS_REFUSED/);
    assert.match(await publish('s1', '', 'north.s3.command'), /ACCESS_REFUSED/);
  });

  test('an event with a partition key goes to a partition, and to no other queue', async () => {
    const connection = await amqp.connect(rabbit.url);
    const channel = await connection.createConfirmChannel();
    const names = ['s1.work', ...PARTITION_QUEUES].map((name) => `north.${name}`);
    const headers: Record<string, string>[] = [{}, { other: 'k' }];
    for (const header of Object.keys(PARTITION_HEADERS)) for (const key of 'abcdefgh') headers.push({ [header]: key });
    for (const name of names) await channel.purgeQueue(name);
    for (const each of headers) channel.publish('north.environment', 'any.thing', Buffer.from('{}'), { headers: each });
    await channel.waitForConfirms();
    const taken = await Promise.all(names.map(async (name) => (await channel.purgeQueue(name)).messageCount));
    await connection.close();
    assert.equal(taken[0], 2, `${taken}`);
    assert.equal(
      taken.slice(1).reduce((sum, n) => sum + n),
      16,
      `${taken}`,
    );
    assert.ok(taken.slice(1).filter((n) => n > 0).length > 1, `${taken}`);
  });

  test('a queue with other arguments is not changed, and said; what is too much is left', async () => {
    const connection = await amqp.connect(rabbit.url);
    const channel = await connection.createChannel();
    await channel.deleteQueue('north.s1.query');
    await channel.assertQueue('north.s1.query', { durable: true, arguments: { 'x-queue-type': 'classic' } });
    await channel.bindQueue('north.s1.work', 'north.dead', 'odd');
    const differs = await topology('diff', '--json');
    assert.equal(differs.code, 3);
    const { differences } = JSON.parse(differs.out);
    assert.deepEqual(differences.map((each: { how: string; name: string }) => `${each.how} ${each.name}`).sort(), [
      'different north.s1.query',
      'extra north.dead → north.s1.work (odd)',
      'missing north.query → north.s1.query (s1.any.*)',
      'missing north.retry → north.s1.query (back.s1.query)',
    ]);
    const refused = await topology('apply');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /delete it once it is empty[\s\S]*different +queue +north\.s1\.query/);
    await channel.deleteQueue('north.s1.query');
    await connection.close();
    const applied = await topology('apply');
    assert.equal(applied.code, 0, applied.err);
    assert.match(applied.out, /Left as it is[\s\S]*extra +binding +north\.dead → north\.s1\.work/);
  });

  test('export is what the broker imports, and --json what each system may do', async () => {
    const exported = await topology('export', ...users());
    await writeFile(join(folder, 'definitions.json'), exported.out);
    await rabbit.ctl('import_definitions', join(folder, 'definitions.json'));
    const plain = JSON.parse((await topology('export', '--json')).out);
    assert.equal(plain.path, 'north');
    assert.match(plain.users.s1.configure, /^\^\(north\\\.own\\\.s1/);
    assert.doesNotMatch(exported.out, /p@ss/);
  });

  test('what is wrong is said with its mend', async () => {
    const nowhere = await topology('diff', '--management', `http://guest:guest@127.0.0.1:${await freePort()}`);
    assert.equal(nowhere.code, 1);
    assert.match(
      nowhere.err,
      /no management interface answers at .*ECONNREFUSED.*enable the plugin rabbitmq_management/,
    );
    const stranger = await topology('diff', '--management', rabbit.management.replace('guest:guest', 'guest:wrong'));
    assert.match(stranger.err, /user or password is wrong/);
    const noUsers = await topology('diff', '--users', folder);
    assert.match(noUsers.err, /has no file such as amqp-s1/);
  });

  test('delete shows what it would remove, refuses while messages wait, and then leaves nothing of the fleet', async () => {
    await topology('apply');
    const connection = await amqp.connect(`amqp://guest:guest@127.0.0.1:${rabbit.port}`);
    const channel = await connection.createConfirmChannel();
    await channel.assertQueue('a.subscriber');
    channel.publish('north.environment', 'any.thing', Buffer.from('{}'));
    await channel.waitForConfirms();
    await until(async () => /messages wait in/.test((await topology('delete')).err), {
      timeout: 60_000,
      what: 'the broker counts the message',
    });
    const refused = await topology('delete', '--yes');
    assert.equal(refused.code, 1);
    assert.match(refused.err, /messages wait in north\.\S+ \(\d+\).*--with-messages/);
    const shown = await topology('delete', '--with-messages');
    assert.match(shown.out, /^would remove \d+ exchanges and \d+ queues of north from .*: add --yes$/m);
    assert.doesNotMatch((await topology('diff')).out, /^missing/m);
    const done = await topology('delete', '--yes', '--with-messages');
    assert.match(done.out, /^removed \d+ exchanges and \d+ queues of north/);
    const left = JSON.parse((await topology('delete', '--json')).out) as { exchanges: string[]; queues: string[] };
    assert.deepEqual([left.exchanges, left.queues], [[], []]);
    await channel.checkQueue('a.subscriber');
    await connection.close();
  });

  test('the virtual host of the broker’s URL is the one that is meant', async () => {
    const exported = await vsmcp(['topology', 'export'], { VSMCP_AMQP_URL: 'amqp://guest:guest@127.0.0.1/west%2F1' });
    const { exchanges } = JSON.parse(exported.out) as { exchanges: { vhost: string }[] };
    assert.deepEqual([...new Set(exchanges.map(({ vhost }) => vhost))], ['west/1']);
  });
});
