import assert from 'node:assert/strict';
import { test } from 'node:test';
import { on } from '@vsmcp/service';
import { Claim, Grant } from '@vsmcp/vsm';
import { openFleet } from '../../../test/support/fleet.js';
import { EVERYTHING, fate, replica, voice } from './support/replica.js';

test('a unit that yields to the purpose of another does nothing, and says why', async (t) => {
  const [s1, s2] = [replica(), voice('s2')];
  const echo = { call: 'every.echo', with: { message: '=data.name' }, claims: 'board' };
  const fleet = await openFleet({
    services: [s2, s1],
    config: { servers: { every: EVERYTHING }, units: { desk: { responses: { 'file.md': echo } } } },
  });
  t.after(() => fleet.stop());
  const reason = 'the purpose of pinboard comes first on board: welcome stays (ann)';
  await s2.context().hear('s2.coordination', [
    on(Claim, async ({ data: { instance, claims } }) => {
      const grants = claims.map(({ claim }) => ({ claim, granted: false, yields: true as const, reason }));
      await s2.context().say(Grant, `grant.${instance}`, { grants });
    }),
  ]);
  const outcome = await fate(fleet, await fleet.publish('file.md', { name: 'welcome' }));
  assert.deepEqual([outcome.outcome, outcome.unit, outcome.reason], ['refused', 'desk', reason]);
  assert.deepEqual((await fleet.state.ledger.account()).outcomes, { refused: 1 }, 'it is settled');
});
