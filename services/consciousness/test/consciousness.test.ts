import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Heartbeat, Load, Status } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { consciousness } from '../src/index.js';

const fleet = await openFleet({ services: [consciousness], config: { name: 'alone', purpose: 'to be tested' } });
after(() => fleet.stop());

test('alone, it says who is missing and that nothing is known', async () => {
  const status = Status.parse(await fleet.ask('status', {}));
  assert.equal(status.name, 'alone');
  assert.equal(status.viable, false);
  assert.match(status.reasons.join('\n'), /System 1 operations is missing/);
  assert.equal(status.variety.answered, null);
  assert.equal(status.systems[3].efficiency, null);
  assert.equal(status.account.from, 'reports');
});

test('what is reported shows: presence, traffic, the share answered', async () => {
  const { gateway, until } = fleet;
  await gateway.say(Heartbeat, 'gateway.gateway-test.heartbeat', {
    system: 's1',
    instance: 's1-x',
    version: '1',
    state: 'active',
    started: 0,
    ready: true,
    trouble: {},
  });
  const { path } = fleet.config;
  const s1 = fleet.broker.connect({ path, party: 's1', instance: 's1-x', log: gateway.log });
  await s1.publish({
    channel: 'report',
    key: 's1.s1-x.load',
    contentType: 'application/cloudevents+json',
    content: Buffer.from(
      JSON.stringify({
        specversion: '1.0',
        id: 'l1',
        source: '/vsm/s1/s1-x',
        type: Load.type,
        data: {
          instance: 's1-x',
          from: 0,
          to: 1,
          received: 4,
          duplicates: 0,
          retried: 0,
          running: 0,
          capacity: 1,
          outcomes: { answered: 3, shed: 1 },
          units: {},
          types: { 'file.md': { answered: 3, shed: 1 } },
          others: { types: 0, outcomes: {} },
          tools: {},
        },
      }),
    ),
  });
  const status = await until(async () => {
    const answer = await fleet.ask('status', {});
    return answer.systems[1].present && answer.variety.answered !== null && answer;
  });
  assert.equal(status.variety.answered, 0.75);
  assert.equal(status.account.received, 4);
  const { critical, gaps } = await fleet.ask('variety', {});
  assert.equal(critical, true);
  assert.ok(gaps.some(({ system, events }) => system === 's3' && events === 1));
});

test('the journal is read newest first', async () => {
  assert.deepEqual(await fleet.ask('journal', { limit: 5 }), { entries: [] });
});
