import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { NOT_SIGNED, openSigner } from '@vsmcp/nervous-system';
import type { Service } from '@vsmcp/service';
import { CLOUDEVENTS_JSON } from '@vsmcp/vsm';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { type Fleet, type FleetOptions, openFleet } from '../support/fleet.js';

const SETTINGS = { leadership: { ttl: 60_000, renew: 300, margin: 1000 } };
const OLD = 'the secret so far, of some length';
const NEW = 'the secret from now on, as long';

async function open(t: TestContext, signerOf?: FleetOptions['signerOf']): Promise<{ fleet: Fleet; system1: Service }> {
  const system1 = openSystem1();
  const services = [system1, system3, system5];
  const fleet = await openFleet({ services, ...SETTINGS, ...(signerOf && { signerOf }) });
  t.after(() => fleet.stop());
  await fleet.until(async () => (await fleet.ask('capabilities', {})).version >= 0);
  return { fleet, system1 };
}

/**
 * Commands that a deposed System 3 would be refused for: nobody's epoch is higher, so all real commands come after it.
 */
async function forge({ broker, gateway }: Fleet): Promise<void> {
  const forger = broker.connect({ path: 'vsm', party: 's3', instance: 's3-forged', log: gateway.log });
  for (const [key, kind, data] of [
    ['s1.all.capabilities', 'capabilities', { version: 1 }],
    ['s1.any.settle', 'settle', { how: 'discard', filter: { limit: 1000 }, because: 'forged' }],
  ] as const) {
    const event = {
      specversion: '1.0',
      id: `forged-${kind}`,
      source: '/vsm/s3/s3-forged',
      type: `vsm.s3.${kind}.v1`,
      time: new Date().toISOString(),
      data: { ...data, epoch: Number.MAX_SAFE_INTEGER },
    };
    const content = Buffer.from(JSON.stringify(event));
    await forger.publish({ channel: 'command', key, content, contentType: CLOUDEVENTS_JSON, id: event.id });
  }
  await forger.close();
}

const park = async (fleet: Fleet): Promise<string> => {
  const id = await fleet.publish('file.odd', {}, { id: randomUUID() });
  await fleet.until(async () => (await held(fleet, 'parked')).some((event) => event.id === id));
  return id;
};
const held = async (fleet: Fleet, reason: 'parked' | 'dead') => (await fleet.ask('held', { reason, limit: 100 })).held;
const discard = (fleet: Fleet, id: string) =>
  fleet.ask('settle', { how: 'discard', filter: { id, limit: 1 }, because: 'test', by: 'ann' });

async function value(fleet: Fleet, service: Service, name: string, labels: Record<string, string> = {}) {
  const metric = await fleet.context(service).metrics.counter(name, '', Object.keys(labels)).get();
  return (
    metric.values.find((one) => Object.entries(labels).every(([key, text]) => one.labels[key] === text))?.value ?? 0
  );
}

test('without a cookie a forged epoch silences System 3: what the cookie is for', async (t) => {
  const { fleet, system1 } = await open(t);
  const id = await park(fleet);
  await forge(fleet);
  await fleet.until(async () => (await held(fleet, 'parked')).length === 0, { what: 'the forged discard is obeyed' });
  const second = await park(fleet);
  assert.notEqual(second, id);
  await discard(fleet, second);
  await fleet.until(async () => (await value(fleet, system1, 'vsmcp_refused_commands_total')) > 0);
  assert.equal((await held(fleet, 'parked'))[0]?.id, second);
});

test('with a cookie forged commands are held, hurt and are counted, and System 3 is obeyed as before', async (t) => {
  const signer = openSigner([NEW]);
  const { fleet, system1 } = await open(t, () => signer);
  const id = await park(fleet);
  await forge(fleet);
  const dead = await fleet.until(async () => {
    const rows = await held(fleet, 'dead');
    return rows.length === 2 && rows;
  });
  for (const { source, because } of dead) assert.deepEqual([source, because], ['unreadable:command', NOT_SIGNED]);
  assert.deepEqual(dead.map((row) => row.id).sort(), ['forged-capabilities', 'forged-settle']);
  assert.match(JSON.stringify(dead[0]), /"sha256":"[0-9a-f]{64}"/);
  assert.equal(await value(fleet, system1, 'vsmcp_refused_messages_total', { channel: 'command' }), 2);
  const { alerts } = await fleet.until(async () => {
    const answer = await fleet.ask('alerts', {});
    return answer.alerts.length > 0 && answer;
  });
  assert.deepEqual(
    alerts.map(({ alert }) => alert),
    ['unsigned:command'],
    'one alert, however many messages',
  );
  assert.equal((await held(fleet, 'parked'))[0]?.id, id);
  await discard(fleet, id);
  await fleet.until(async () => (await held(fleet, 'parked')).length === 0, { what: 'System 3 is obeyed' });
  assert.equal(await value(fleet, system1, 'vsmcp_refused_commands_total'), 0);
});

test('while the cookie is changed the members are of one fleet', async (t) => {
  const before = openSigner([OLD, NEW]);
  const after = openSigner([NEW, OLD]);
  const { fleet } = await open(t, (system) => (system === 's3' || system === 'gateway' ? before : after));
  const id = await park(fleet);
  await discard(fleet, id);
  await fleet.until(async () => (await held(fleet, 'parked')).length === 0, { what: 'System 3 is obeyed' });
  assert.deepEqual(await held(fleet, 'dead'), []);
  assert.deepEqual((await fleet.ask('alerts', {})).alerts, []);
});
