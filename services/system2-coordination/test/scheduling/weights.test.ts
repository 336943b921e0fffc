import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig, openLog, openState } from '@vsmcp/service';
import { Unit } from '@vsmcp/vsm';
import { openTestEmbedded } from '../../../../test/support/embedded.js';
import { Weights } from '../../src/scheduling/weights.js';

test('a unit weighs as it does by now: changed, new, removed, and as vsmcp.yaml says until there are rows', async (t) => {
  const database = await openTestEmbedded();
  t.after(() => database.close());
  let now = 0;
  const clock = { now: () => now, after: () => () => {}, every: () => () => {} };
  const { units } = await openState(database, 'vsm', clock);
  const config = FleetConfig.parse({ units: { desk: { weight: 3 }, shop: { weight: 4 } } });
  const weights = new Weights({ clock, config, units, log: openLog('silent') });
  const all = () => ['desk', 'shop', 'new'].map(weights.of);
  await weights.refresh();
  assert.deepEqual(all(), [3, 4, 1]);
  const row = (name: string, weight: number) => ({ name, unit: Unit.parse({ weight }) });
  await units.write('desk', row('desk', 5), { system: 's3', epoch: 1 });
  await units.write('new', row('new', 2), { system: 's3', epoch: 1 });
  await units.write('shop', { name: 'shop', unit: null, configured: 'mark' }, { system: 's3', epoch: 1 });
  await weights.refresh();
  assert.deepEqual(all(), [3, 4, 1], 'not looked at all the time');
  now = 5000;
  await weights.refresh();
  assert.deepEqual(all(), [5, 1, 2]);
});
