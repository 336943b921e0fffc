import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectAmqp } from '@vsmcp/nervous-system';
import { openLog, realClock } from '@vsmcp/service';
import amqp from 'amqplib';
import { freePort } from '../../../../test/support/ports.js';
import { type Rabbit, rabbitServer, startRabbit } from '../../../../test/support/rabbit-node.js';
import { until } from '../../../../test/support/until.js';
import { lookAtBroker } from '../../src/doctor/broker.js';
import { situationOf } from '../../src/doctor/situation.js';
import { temporaryFolder } from '../folder.js';

const skip = rabbitServer() === undefined && 'RabbitMQ is not installed here';
let rabbit: Rabbit;
let folder: string;
const endings: (() => Promise<void>)[] = [];

before(async () => {
  if (skip) return;
  folder = await temporaryFolder({ after: (fn) => void endings.push(fn) });
  await writeFile(join(folder, 'vsmcp.yaml'), 'path: clinic\n');
  rabbit = await startRabbit();
  endings.push(() => rabbit.remove());
});
after(async () => {
  for (const end of endings) await end();
});

/** Doctor's findings about the broker. @param runs whether a fleet answers */
async function found(url: string, { runs = false, env = {} } = {}): Promise<{ said: string; mends: string }> {
  const situation = await situationOf({ VSMCP_AMQP_URL: url, ...env }, folder, undefined);
  const findings = await lookAtBroker({ ...situation, fleet: async () => ({ is: runs ? 'there' : 'nothing' }) });
  return {
    said: findings.map(({ state, what }) => `${state}: ${what}`).join('\n'),
    mends: findings.flatMap(({ mend }) => mend ?? []).join('\n'),
  };
}

/** The broker's URL with another user, password or virtual host. */
function changed(parts: Partial<Pick<URL, 'username' | 'password' | 'pathname'>>): string {
  return Object.assign(new URL(rabbit.url), parts).href;
}

test('a broker that is away, and the ways of not being let in', { skip }, async () => {
  const away = await found(`amqp://127.0.0.1:${await freePort()}`);
  assert.match(away.said, /^broken: amqp:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/);
  assert.match(away.mends, /start the broker/);
  const password = await found(changed({ password: 'wrong' }));
  assert.match(password.said, /^broken: .*ACCESS_REFUSED/);
  assert.doesNotMatch(password.said, /wrong/);
  assert.match(password.mends, /wrong user or password/);
  const vhost = await found(changed({ pathname: '/nowhere' }));
  assert.match(vhost.said, /^broken: .*it has no virtual host nowhere/);
  assert.match(vhost.mends, /add_vhost/);
});

test('rights: a user for all, one for a single system, one for nothing', { skip }, async () => {
  const all = await found(rabbit.url);
  assert.match(all.said, /ok: RabbitMQ \d+/);
  assert.match(all.said, /ok: rights: .*as every system, and declare/);
  assert.match(all.said, /ok: nothing of clinic stands yet: the fleet declares it/);
  await rabbit.ctl('add_user', 'one', 'one');
  await rabbit.ctl('set_permissions', 'one', '^clinic\\.own\\.s1\\.', '^clinic\\.', '^clinic\\.');
  const one = changed({ username: 'one', password: 'one' });
  const single = await found(one, { env: { VSMCP_AMQP_DECLARE: 'false' } });
  assert.match(single.said, /ok: rights: .*as s1, and not declare/);
  assert.match(single.said, /broken: missing, and not to be declared by this user: clinic\.\S+, .* more/);
  assert.match(single.mends, /vsmcp topology apply, as an administrator/);
  assert.match((await found(one)).said, /warning: rights: .*not enough for a whole fleet/);
  await rabbit.ctl('set_permissions', 'one', '^$', '^$', '^$');
  assert.match((await found(one)).said, /broken: this user may neither listen nor speak as a system of clinic/);
});

test('topology that drifts: a queue gone, one with other arguments, a binding gone; and nobody who listens', {
  skip,
}, async () => {
  const member = { path: 'clinic', party: 's1', instance: 's1-test', log: openLog('silent') } as const;
  const bus = await connectAmqp({ ...member, url: rabbit.url, heartbeat: 30_000, clock: realClock, ids: randomUUID });
  await until(() => bus.health().ok, { timeout: 30_000, what: 'the topology is declared' });
  const well = await found(rabbit.url);
  assert.match(well.said, /ok: all exchanges and queues of clinic stand/);
  assert.match(well.said, /none: no fleet runs here; 0 messages wait/);
  await bus.close();

  const connection = await amqp.connect(rabbit.url);
  const channel = await connection.createChannel();
  await channel.deleteQueue('clinic.s3.report');
  await channel.deleteQueue('clinic.s3.query');
  await channel.assertQueue('clinic.s3.query', { durable: true });
  channel.sendToQueue('clinic.s1.work', Buffer.from('{}'));
  await channel.unbindQueue('clinic.s5.algedonic', 'clinic.algedonic', '#');
  await connection.close();
  const management = await openManagement();
  const drifted = await found(rabbit.url, { runs: true, env: { VSMCP_MANAGEMENT_URL: management } });
  assert.match(drifted.said, /warning: clinic\.s3\.query stands with other arguments/);
  assert.match(drifted.said, /warning: missing: clinic\.s3\.report$/m);
  assert.match(drifted.said, /broken: missing bindings: .*clinic\.algedonic → clinic\.s5\.algedonic \(#\)/);
  assert.match(drifted.said, /broken: nobody listens on .*clinic\.s1\.work \(1\)/);
  assert.match(drifted.mends, /rabbitmqctl delete_queue clinic\.s3\.query/);
});

/** Lets the node serve its management interface. @returns its URL */
async function openManagement(): Promise<string> {
  const port = await freePort();
  await rabbit.ctl(
    'eval',
    `F = rabbit_plugins:enabled_plugins_file(), ok = file:write_file(F, "[rabbitmq_management].\n"),
     application:set_env(rabbitmq_management, tcp_config, [{port, ${port}}, {ip, "127.0.0.1"}]), rabbit_plugins:ensure(F).`,
  );
  return `http://guest:guest@127.0.0.1:${port}`;
}
