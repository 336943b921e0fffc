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
    ...{ claim: randomUUID(), unit: 'u', instance: 'i', resources: ['x'], token: 1, until },
  });

  it('the first leader grants at once; after one that left in order the next waits for its leases only', async () => {
    const first = new Takeover(state.journal, 1);
    assert.equal(await first.notBefore(1000), 1000);
    await first.leave([lease(7000), lease(9000)]);
    assert.equal(await new Takeover(state.journal, 2).notBefore(5000), 9000);
    await new Takeover(state.journal, 2).leave([]);
    assert.ok((await new Takeover(state.journal, 3).notBefore(5000)) <= 5000);
  });

  it('after one that did not, for as long as a lease could last', async () => {
    assert.equal(await new Takeover(state.journal, 4).notBefore(5000), 35_000);
    const long = new Takeover(state.journal, 4);
    await long.longest(20_000);
    await long.longest(90_000);
    assert.equal(await new Takeover(state.journal, 6).notBefore(5000), 95_000);
  });
});
