import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Database, openEmbedded, openState, realClock, replay, type State } from '@vsmcp/service';
import { Takeover } from '../src/takeover.js';

const lease = (until: number) => ({
  claim: `until ${until}`,
  unit: 'u',
  instance: 'i',
  resources: [{ resource: 'x', of: 1 }],
  token: 1,
  until,
});

describe('takeover', () => {
  let database: Database;
  let state: State;
  before(async () => {
    database = await openEmbedded('memory');
  });
  beforeEach(async () => {
    state = await openState(database, 'vsm', realClock);
    await database.query('DELETE FROM vsmcp_journal');
  });
  after(() => database.close());

  /** Takes over from those that wrote the journal. */
  async function leader(epoch: number): Promise<Takeover> {
    const takeover = new Takeover(state.journal, epoch);
    await replay(state.journal, 's2', [takeover]);
    return takeover;
  }

  it('lets the first leader grant at once', async () => {
    assert.deepEqual((await leader(1)).leases(1000), { held: [], notBefore: 1000 });
  });

  it('hands over the leases of a leader that leaves in order', async () => {
    const held = lease(9000);
    await (await leader(1)).leave([lease(4000), held], 0);
    assert.deepEqual((await leader(2)).leases(5000), { held: [held], notBefore: 0 });
  });

  it('has the next leader wait for the last of very many leases', async () => {
    const many = Array.from({ length: 1001 }, (_, n) => lease(6000 + n));
    await (await leader(1)).leave(many, 0);
    assert.deepEqual((await leader(2)).leases(5000), { held: [], notBefore: 7000 });
  });

  it('waits for as long as a lease can last after a leader that did not leave in order', async () => {
    assert.equal((await leader(2)).leases(5000).notBefore, 35_000);
    const long = await leader(2);
    await long.longest(20_000);
    await long.longest(90_000);
    assert.equal((await leader(3)).leases(5000).notBefore, 95_000);
    await long.leave([], 0);
    assert.equal((await leader(4)).leases(5000).notBefore, 95_000, 'the leader just before it did not leave in order');
  });

  it('has the next leader wait on where one leaves while it waits itself', async () => {
    await (await leader(7)).leave([], 50_000);
    assert.equal((await leader(8)).leases(5000).notBefore, 50_000);
  });

  it('goes on damping the loops that are not settled', async () => {
    const record = (type: string, resource: string, how: string) => {
      const data = { resource, units: ['a', 'b'], state: how, before: 20, limit: 2 };
      return state.journal.append({ system: 's2', epoch: 1, type: `${type}.${how}`, cause: resource, data });
    };
    await record('loop', 'door', 'found');
    await record('loop', 'door', 'damped');
    await record('loop', 'roof', 'found');
    await record('loop', 'roof', 'settled');
    await record('churn', 'having calc-mcp', 'damped');
    await record('swing', 'shares of the pool', 'found');
    const names = (loops: readonly { resource: string; state: string }[]) =>
      loops.map(({ resource, state }) => `${resource} ${state}`);
    assert.deepEqual(names((await leader(2)).loops), ['door damped']);
    assert.deepEqual(names((await leader(2)).churn), ['having calc-mcp damped']);
  });
});
