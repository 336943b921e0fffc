import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock, openState } from '../../src/index.js';
import { onEveryDatabase } from '../support/databases.js';

onEveryDatabase('schemas of one database', (on) => {
  test('fleets have their own rows, however their statements mix', async () => {
    const clock = manualClock(1_000_000);
    const outer = await openState(on.database, 'vsm', clock);
    const inner = await openState(await on.database.within('vsm.west'), 'vsm.west', clock);
    const deep = await openState(await on.database.within('vsm.west.north'), 'vsm.west.north', clock);
    const claims = [outer, inner, deep].flatMap(({ ledger }, fleet) =>
      Array.from({ length: 50 }, (_, n) =>
        ledger.claim({
          source: '/s',
          id: `e-${n % (10 * (fleet + 1))}`,
          unit: 'u',
          type: 't',
          holder: 'a',
          deadline: clock.now() + 1000,
        }),
      ),
    );
    await Promise.all(claims);
    const received = await Promise.all(
      [outer, inner, deep].map(async ({ ledger }) => (await ledger.account()).received),
    );
    assert.deepEqual(received, [10, 20, 30]);
    const again = await openState(await on.database.within('vsm.west'), 'vsm.west', clock);
    assert.equal((await again.ledger.account()).received, 20);
  });
});
