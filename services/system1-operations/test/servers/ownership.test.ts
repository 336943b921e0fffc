import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Database } from '@vsmcp/service';
import { CapabilityState, type DataOf, VsmError } from '@vsmcp/vsm';
import { openTestEmbedded } from '../../../../test/support/embedded.js';
import { openFleet } from '../../../../test/support/fleet.js';
import { fate, listen, MEMORY, replica, voice } from '../support/replica.js';

const note = { entities: [{ name: '=data.name', entityType: 'note', observations: [] }] };
const desk = { absorbs: 'file.#', responses: { 'file.md': { call: 'memory.create_entities', with: note } } };

test('an owner that loses its leases for a moment, and nobody takes them, keeps its servers', async (t) => {
  const embedded = await openTestEmbedded();
  let away = false;
  const database: Database = {
    kind: 'postgres',
    async query(sql, parameters) {
      if (away && /^-- lease (acquire|renew)/.test(sql)) throw new VsmError('VSM_DATABASE', 'away');
      return embedded.query(sql, parameters);
    },
    within: (name) => embedded.within(name),
    close: () => embedded.close(),
  };
  t.after(() => embedded.close());
  const owner = replica();
  const system3 = voice('s3');
  const fleet = await openFleet({
    services: [system3, owner],
    config: { servers: { memory: MEMORY }, units: { desk } },
    leadership: { ttl: 1500, renew: 200, margin: 500 },
    database,
  });
  t.after(() => fleet.stop());
  const states: DataOf<typeof CapabilityState>['state'][] = [];
  await listen(system3.context(), CapabilityState, 'report', 's1.*.capability', ({ state }) => void states.push(state));
  assert.equal((await fate(fleet, await fleet.publish('file.md', { name: 'before' }))).outcome, 'answered');

  await fleet.until(() => states.length === 1, { what: 'the server is said to be ready' });
  const where = async () => (await fleet.ask('test', { server: 'memory' })).ok;
  away = true;
  await fleet.until(async () => !(await where()), { what: 'the lease is lost' });
  away = false;
  await fleet.until(async () => where(), { what: 'it has its lease again' });
  assert.equal((await fate(fleet, await fleet.publish('file.md', { name: 'after' }))).outcome, 'answered');
  assert.deepEqual(states, ['ready'], 'it was started once');
});
