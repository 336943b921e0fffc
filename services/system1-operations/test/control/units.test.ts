import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { manualClock, markOf, type ServiceContext } from '@vsmcp/service';
import { type Unit, type UnitRow, Units } from '@vsmcp/vsm';
import { type Fleet, openFleet } from '../../../../test/support/fleet.js';
import { LiveUnits } from '../../src/control/units.js';
import { Catalog } from '../../src/deciding/catalog.js';

const units = Units.parse({ desk: { weight: 1 }, lab: { weight: 1 } });
const weighing = (weight: number): Unit => ({ responses: {}, weight, minimum: 0 });
const by = { system: 's9', epoch: 1 };

let fleet: Fleet;
before(async () => {
  fleet = await openFleet({ services: [], config: { units: { desk: { weight: 1 }, lab: { weight: 1 } } } });
});
after(() => fleet.stop());
beforeEach(() => fleet.state.database.query(`DELETE FROM vsmcp_row WHERE kind = 'unit'`));

const clock = manualClock(1_000_000);
function replica() {
  const context: ServiceContext = { ...fleet.gateway, clock };
  const catalog = new Catalog(units);
  const live = new LiveUnits(context, catalog);
  const weights = () => Object.fromEntries([...catalog.units].map(([name, { weight }]) => [name, weight]));
  return { live, weights };
}
const write = (rows: Record<string, UnitRow | undefined>) =>
  fleet.state.units.writeAll(new Map(Object.entries(rows)), by);
const row = (name: string, weight: number, said = weight): UnitRow => ({
  name,
  unit: weighing(weight),
  configured: markOf(weighing(said)),
});

test('before System 3 has said anything, vsmcp.yaml holds; then the rows, and nothing but the rows', async () => {
  const { live, weights } = replica();
  await live.start();
  assert.deepEqual(weights(), { desk: 1, lab: 1 });
  await write({ desk: row('desk', 7, 1), new: { name: 'new', unit: weighing(3) } });
  assert.ok(await live.refresh());
  assert.deepEqual(weights(), { desk: 7, new: 3 });
  assert.ok(!(await live.refresh()), 'nothing is new');
  await write({ new: undefined });
  assert.ok(await live.refresh());
  assert.deepEqual(weights(), { desk: 7 });
});

test('a replica that starts with a newer vsmcp.yaml goes by it, until System 3 speaks', async () => {
  await write({
    desk: row('desk', 5),
    lab: row('lab', 9, 1),
    old: row('old', 5),
    live: { name: 'live', unit: weighing(2) },
  });
  const { live, weights } = replica();
  await live.start();
  // of desk the file says something else than when it was last taken; of lab it does not, and lab was changed live
  assert.deepEqual(weights(), { desk: 1, lab: 9, live: 2 });
  assert.ok(!(await live.refresh()));
  await write({ desk: row('desk', 1), old: undefined });
  assert.ok(await live.refresh());
  assert.deepEqual(weights(), { desk: 1, lab: 9, live: 2 });
});

test('where System 3 says nothing of a vsmcp.yaml that only this replica has, the rows hold after a while', async () => {
  await write({ desk: row('desk', 5), lab: row('lab', 5) });
  const { live, weights } = replica();
  await live.start();
  assert.deepEqual(weights(), { desk: 1, lab: 1 });
  await clock.advance(31_000);
  assert.ok(await live.refresh());
  assert.deepEqual(weights(), { desk: 5, lab: 5 });
});
