import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { type Database, openEmbedded, openState, realClock, type State } from '@vsmcp/service';
import { Takeover } from '../src/takeover.js';

describe('takeover', () => {
  let database: Database;
  let state: State;
  before(async () => {
    database = await openEmbedded('memory');
    state = await openState(database, 'vsm', realClock);
  });
  after(() => database.close());

  const lease = (until: number) => ({
    ...{ claim: randomUUID(), unit: 'u', instance: 'i', resources: [{ resource: 'x', of: 1 }], token: 1, until },
  });

  it('the first leader grants at once; one that leaves in order hands its leases over', async () => {
    const first = new Takeover(state.journal, 1);
    assert.deepEqual(await first.inherit(1000), { held: [], notBefore: 1000 });
    const held = lease(9000);
    await first.leave([lease(4000), held], 0);
    assert.deepEqual(await new Takeover(state.journal, 2).inherit(5000), { held: [held], notBefore: 0 });
  });

  it('with very many, the next waits for the last of them', async () => {
    const many = Array.from({ length: 1001 }, (_, n) => lease(6000 + n));
    await new Takeover(state.journal, 2).leave(many, 0);
    assert.deepEqual(await new Takeover(state.journal, 3).inherit(5000), { held: [], notBefore: 7000 });
  });

  it('after one that did not leave in order, for as long as a lease could last', async () => {
    assert.equal((await new Takeover(state.journal, 4).inherit(5000)).notBefore, 35_000);
    const long = new Takeover(state.journal, 4);
    await long.longest(20_000);
    await long.longest(90_000);
    assert.equal((await new Takeover(state.journal, 6).inherit(5000)).notBefore, 95_000);
  });

  it('one that leaves while it waits itself has the next wait on', async () => {
    await new Takeover(state.journal, 7).leave([], 50_000);
    assert.equal((await new Takeover(state.journal, 8).inherit(5000)).notBefore, 50_000);
  });
});
