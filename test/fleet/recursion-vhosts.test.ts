import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { amqpConnect, FleetConfig, openState, realClock } from '@vsmcp/service';
import { type CloudEvent, permissionsOf } from '@vsmcp/vsm';
import amqp from 'amqplib';
import { openTestEmbedded } from '../support/embedded.js';
import { type Fleet, openFleet } from '../support/fleet.js';
import { wholeFleet } from '../support/levels.js';
import { type Rabbit, rabbitServer, startRabbit } from '../support/rabbitmq.js';
import { until } from '../support/until.js';

const EAST = 'vsm.east';
const runtime = { amqpDeclare: true, amqpPoolSize: 4 };
/** The upper fleet has another cookie than the lower one. */
const COOKIES = { upper: 'what the upper fleet signs with', lower: 'what the lower fleet signs with' };
const VARIABLE = 'VSMCP_TEST_EAST_COOKIE';

/** A second virtual host, and a user there who has what the fleet above has, and no more. */
async function addVhost(rabbit: Rabbit): Promise<{ inside: string; border: string }> {
  const { topics, ...rights } = permissionsOf(EAST, 'parent');
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-vhost-'));
  const all = { configure: '.*', write: '.*', read: '.*' };
  const definitions = {
    vhosts: [{ name: 'east' }],
    users: [{ name: 'border', password: 'secret', tags: '' }],
    permissions: [
      { user: 'guest', vhost: 'east', ...all },
      { user: 'border', vhost: 'east', ...rights },
    ],
    topic_permissions: topics.map((topic) => ({ user: 'border', vhost: 'east', ...topic })),
  };
  await writeFile(join(folder, 'definitions.json'), JSON.stringify(definitions));
  await rabbit.ctl('import_definitions', join(folder, 'definitions.json'));
  await rm(folder, { recursive: true });
  return { inside: `${rabbit.url}/east`, border: `amqp://border:secret@127.0.0.1:${rabbit.port}/east` };
}

/** The broker's answer to a publish by the user of the border; undefined when it takes it. */
async function refusal(url: string, exchange: string, key: string): Promise<string | undefined> {
  const connection = await amqp.connect(url);
  connection.on('error', () => {}); // said by the channel
  const channel = await connection.createConfirmChannel();
  const refused = new Promise<string>((resolve) => channel.on('error', (error: Error) => resolve(error.message)));
  channel.publish(exchange, key, Buffer.from('{}'));
  const confirmed = channel.waitForConfirms().then(
    () => undefined,
    () => refused,
  );
  const said = await Promise.race([refused, confirmed]);
  await connection.close();
  return said;
}

describe('two levels across two virtual hosts of RabbitMQ', () => {
  const skip = !rabbitServer() && 'RabbitMQ is not installed here';
  it('events go down, outcomes, reports and pain come up; nothing is lost while the upper one is away', {
    skip,
    timeout: 180_000,
  }, async (t) => {
    const ends: (() => Promise<unknown>)[] = [];
    t.after(async () => {
      for (const end of ends.reverse()) await end();
    });
    process.env[VARIABLE] = COOKIES.lower;
    ends.push(async () => delete process.env[VARIABLE]);
    const rabbit = await startRabbit();
    ends.push(() => rabbit.remove());
    const urls = await addVhost(rabbit);
    const wide = await openTestEmbedded();
    const deep = await openTestEmbedded();
    ends.push(() => Promise.all([wide.close(), deep.close()]));

    const services = () => wholeFleet().filter(({ system }) => system !== 's2' && system !== 's4');
    const open = (url: string, cookie: string, config: object, database: typeof wide) =>
      openFleet({
        services: services(),
        config,
        database,
        connectMember: amqpConnect(url, { config: FleetConfig.parse({}), runtime: { ...runtime, cookie: [cookie] } }),
      });
    const east = await open(
      urls.inside,
      COOKIES.lower,
      {
        path: EAST,
        name: 'east',
        units: {
          till: {
            absorbs: 'shop.#',
            silence: { 'shop.beat': '3s' },
            responses: { 'shop.sale': 'noted', 'shop.beat': 'noted' },
          },
        },
        pain: { climb: '500ms' },
      },
      deep,
    );
    ends.push(() => east.stop());
    const above = () =>
      open(
        rabbit.url,
        COOKIES.upper,
        {
          path: 'vsm',
          units: {
            east: { absorbs: 'shop.#', system: { path: EAST, broker: urls.border, cookie: { from: VARIABLE } } },
          },
          pain: { climb: '500ms' },
        },
        wide,
      );
    const first = await above();
    let stopped = false;
    ends.push(async () => stopped || first.stop());

    const fate = (fleet: Fleet, id: string, outcome: string) =>
      until(() => fleet.outcomes.find(({ event, outcome: o }) => event.id === id && o === outcome), {
        timeout: 30_000,
        what: `${outcome} for ${id}`,
      });
    const ids = await Promise.all(Array.from({ length: 100 }, (_, n) => first.publish('shop.sale', { n })));
    for (const id of ids) assert.equal((await fate(first, id, 'noted')).below, EAST);
    const wish = await first.publish('shop.wish', {});
    assert.equal((await fate(first, wish, 'parked')).cause, 'below');
    await until(async () => (await first.ask('recursion', {})).units.east?.report?.name === 'east', {
      what: 'a report',
    });
    const alert = 'east/silence:till:shop.beat';
    const stands = async () =>
      (await first.ask('alerts', {})).alerts.some((one) => one.alert === alert && one.level === 'system5');
    await until(stands, { timeout: 20_000, what: 'pain has climbed' });

    // the upper fleet goes; what becomes of its events below waits at the border
    await first.stop();
    stopped = true;
    await east.ask('settle', { how: 'discard', filter: { type: 'shop.wish' }, because: 'not ours', by: 'test' });
    await fate(east, wish, 'discarded');
    // one that its holder wrote down and, killed, did not send
    const { ledger } = await openState(wide, 'vsm', realClock);
    const lost = { source: '/test', id: randomUUID(), unit: 'east' };
    const event: CloudEvent = { specversion: '1.0', source: lost.source, id: lost.id, type: 'shop.sale', data: {} };
    await ledger.claim({ ...lost, type: 'shop.sale', holder: 'gone', deadline: realClock.now() });
    assert.ok(await ledger.descend(lost, 1, realClock.now(), event));

    const second = await above();
    ends.push(() => second.stop());
    assert.match((await fate(second, wish, 'discarded')).reason ?? '', /^vsm\.east: not ours/);
    assert.equal((await fate(second, lost.id, 'noted')).below, EAST);
    const { received, outcomes } = await second.ask('account', {});
    assert.deepEqual([received, outcomes], [102, { noted: 101, discarded: 1 }]);
    assert.equal((await east.ask('account', {})).received, 102, 'each was done once');

    assert.equal(await refusal(urls.border, `${EAST}.environment`, 'shop.sale'), undefined);
    for (const [channel, key] of [
      ['command', 's1.any.try'],
      ['query', 's3.any.settle'],
      ['outcome', 'noted.shop.sale'],
    ]) {
      assert.match(
        (await refusal(urls.border, `${EAST}.${channel}`, key as string)) ?? 'taken',
        /ACCESS_REFUSED/,
        channel,
      );
    }
  });
});
