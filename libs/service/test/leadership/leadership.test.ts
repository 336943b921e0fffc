import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { VsmError } from '@vsmcp/vsm';
import { until } from '../../../../test/support/until.js';
import { type Database, type Leaderships, openLeaderships, openLog, openState, realClock } from '../../src/index.js';
import { holderOf, openLease, renew } from '../../src/leadership/lease.js';
import { onEveryDatabase } from '../support/databases.js';

const SHORT = { ttl: 400, renew: 50, margin: 100 };

/** A database that can be cut off. */
function cuttable(database: Database): Database & { cut: boolean } {
  return {
    kind: database.kind,
    cut: false,
    async query(sql, parameters) {
      if (this.cut) throw new VsmError('VSM_DATABASE', 'cut off');
      return database.query(sql, parameters);
    },
    within: (name) => database.within(name),
    close: () => database.close(),
  };
}

onEveryDatabase('leadership', (on) => {
  before(async () => {
    await openState(on.database, 'vsm', realClock);
  });
  const open = (database: Database, holder: string) =>
    openLeaderships(database, { holder, clock: realClock, log: openLog('silent'), ...SHORT });
  const led: string[] = [];
  const campaign = (leaderships: Leaderships, name: string, who: string) =>
    leaderships.campaign(name, async (epoch) => {
      led.push(`${who} starts ${epoch}`);
      return async () => {
        led.push(`${who} ends ${epoch}`);
      };
    });

  test('one leads at a time; a standby takes over when it stops, in a higher epoch', async () => {
    led.length = 0;
    const a = open(on.database, 'a');
    const b = open(on.other, 'b');
    const first = campaign(a, 's3', 'a');
    await until(() => first.leading && led.length === 1);
    const second = campaign(b, 's3', 'b');
    await until(() => second.epoch === 1, { what: 'the standby sees the epoch' });
    assert.equal(second.leading, false);
    await a.stop();
    await until(() => second.leading && led.length === 3);
    assert.deepEqual(led, ['a starts 1', 'a ends 1', 'b starts 2']);
    assert.equal(second.epoch, 2);
    await b.stop();
  });

  test('who leads is known to everybody', async () => {
    const a = open(on.database, 's1-a/4711');
    const b = open(on.other, 's1-b/4712');
    assert.equal(await b.leader('server:known'), undefined);
    const leading = campaign(a, 'server:known', 'a');
    await until(() => leading.leading);
    assert.equal(await b.leader('server:known'), 's1-a');
    await a.stop();
    assert.equal(await b.leader('server:known'), undefined);
  });

  test('one that is cut off stops before another can lead, and joins again when it is back', async () => {
    led.length = 0;
    const line = cuttable(on.database);
    const a = open(line, 'a');
    const b = open(on.other, 'b');
    const first = campaign(a, 's4', 'a');
    await until(() => first.leading && led.length === 1);
    const second = campaign(b, 's4', 'b');
    line.cut = true;
    await until(() => second.leading && led.length === 3);
    assert.deepEqual(led, ['a starts 1', 'a ends 1', 'b starts 2']);
    assert.equal(first.leading, false);
    line.cut = false;
    await b.stop();
    await until(() => first.leading && first.epoch === 3);
    await a.stop();
    assert.deepEqual(led.slice(3), ['b ends 2', 'a starts 3', 'a ends 3']);
  });

  test('one that cannot lead leaves it to another', async () => {
    led.length = 0;
    const a = open(on.database, 'a');
    const b = open(on.other, 'b');
    let tried = 0;
    a.campaign('s5', async () => {
      tried++;
      throw new Error('no');
    });
    await until(() => tried > 0);
    const second = campaign(b, 's5', 'b');
    await until(() => second.leading);
    assert.match(led[0] ?? '', /^b starts/);
    await Promise.all([a.stop(), b.stop()]);
  });

  test('a thread that is blocked for longer than a lease lives costs none, also where the campaigners share it', async () => {
    const timing = { ttl: 2000, renew: 300, margin: 500 };
    const lost: string[] = [];
    const openNamed = (database: Database, holder: string) =>
      openLeaderships(database, {
        holder,
        clock: realClock,
        log: openLog('silent'),
        ...timing,
        lost: (name, cause) => lost.push(`${name} ${cause}`),
      });
    const a = openNamed(on.database, 'a');
    const b = openNamed(on.other, 'b');
    const first = campaign(a, 'blocked', 'a');
    await until(() => first.leading);
    const second = campaign(b, 'blocked', 'b');
    await until(() => second.epoch === 1, { what: 'the standby sees the epoch' });
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
    // Three times what it takes a campaigner to try again.
    for (let n = 0; n < 3; n++) await new Promise((resolve) => setTimeout(resolve, timing.renew));
    await until(() => first.leading);
    assert.deepEqual([first.epoch, second.leading, lost], [1, false, []]);
    await Promise.all([a.stop(), b.stop()]);
  });

  test('where time is given, leases run by it and not by the database', async () => {
    let now = 5_000;
    const a = openLease(on.database, 'lab', 'a', () => now);
    const b = openLease(on.other, 'lab', 'b', () => now);
    assert.deepEqual(await a.acquire(1000), { won: true, epoch: 1 });
    assert.deepEqual(await b.acquire(1000), { won: false, epoch: 1 });
    now = 5_900;
    const kept = await renew(
      on.database,
      [
        { name: 'lab', holder: 'b', epoch: 1, ttl: 9000 },
        { name: 'lab', holder: 'a', epoch: 1, ttl: 1000 },
      ],
      () => now,
    );
    assert.deepEqual([...kept], [1], 'only its holder renews a lease');
    now = 6_899;
    assert.equal(await holderOf(on.database, 'lab', () => now), 'a');
    assert.equal((await b.acquire(1000)).won, false);
    now = 6_900;
    assert.equal(await holderOf(on.database, 'lab', () => now), undefined);
    assert.deepEqual(await b.acquire(1000), { won: true, epoch: 2 });
    await b.giveBack(2);
    assert.deepEqual(await a.acquire(1000), { won: true, epoch: 3 });
  });
});
