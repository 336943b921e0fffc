import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openFleet } from '../../../test/support/fleet.js';
import { consciousness } from '../../consciousness/src/index.js';
import { system1 } from '../../system1-operations/src/index.js';
import { system3 } from '../../system3-control/src/index.js';
import { gatewayForTests } from './support.js';

const { service, call } = gatewayForTests();
const fleet = await openFleet({
  services: [system1, system3, consciousness, service],
  config: { units: { desk: { absorbs: 'file.#', responses: { 'file.ok': 'noted' } } } },
});
after(() => fleet.stop());

test('what comes in by HTTP is answered or held, shows in status and variety, and is let go by a petition', async () => {
  const cron = { type: 'file.cron', source: '/shop & co', data: { text: '0 9 * * *' } };
  for (const id of ['c1', 'c2']) assert.equal((await call('POST', '/events', { ...cron, id })).status, 202);
  await call(
    'POST',
    '/events',
    [1, 2, 3].map((n) => ({ type: 'file.ok', data: { n } })),
  );

  await fleet.until(async () => (await call('GET', '/held?reason=parked&type=file.cron')).body.total === 2);
  const one = await call('GET', `/held/${encodeURIComponent('/shop & co')}/c1`);
  assert.equal(one.body.event.data.text, '0 9 * * *');
  assert.equal((await call('GET', '/held/nobody/c1')).status, 404);

  const { body: status } = await fleet.until(async () => {
    const reply = await call('GET', '/status');
    return (
      reply.body.account.from === 'ledger' &&
      reply.body.account.outcomes.parked === 2 &&
      reply.body.variety.seen === 2 &&
      reply
    );
  });
  assert.equal(status.systems[1].units, 1);
  assert.equal(status.variety.answered, 0.6);
  assert.deepEqual(status.variety.waiting, { types: 1, events: 2 });
  const { body } = await call('GET', '/variety');
  assert.ok(body.gaps.some((gap: { type?: string; events: number }) => gap.type === 'file.cron' && gap.events === 2));

  const reply = await fleet.until(async () => {
    const discard = { filter: { type: 'file.cron' }, because: 'not ours' };
    const answer = await call('POST', '/held/discard', discard, { 'x-vsmcp-by': 'ada' });
    return answer.status === 200 && answer.body;
  });
  assert.equal(reply.accepted, true);
  await fleet.until(async () => (await call('GET', '/status')).body.account.outcomes.discarded === 2);
  const { entries } = (await call('GET', '/journal?system=s3')).body;
  assert.ok(JSON.stringify(entries).includes('ada'), 'the journal names who asked');
});
