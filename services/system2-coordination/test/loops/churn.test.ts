import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Churn, COOL } from '../../src/loops/churn.js';

const MINUTE = 60_000;

/** Has `servers` said as of the next version. */
function fleet() {
  const churn = new Churn();
  let version = 0;
  const has = (now: number, ...servers: string[]) => churn.stock({ instance: 'r', version: ++version, servers }, now);
  return { churn, has };
}

/** calc-mcp is acquired and removed twice, a minute from one change to the next. */
function twice(world: ReturnType<typeof fleet>, from: number) {
  const changes = [['files', 'calc-mcp'], ['files'], ['files', 'calc-mcp'], ['files']];
  return changes.flatMap((servers, n) => world.has(from + n * MINUTE, ...servers));
}

describe('churn', () => {
  it('a server that is acquired and removed again and again is a loop, named and damped at once', () => {
    const world = fleet();
    world.has(0, 'files');
    const told = twice(world, MINUTE);
    assert.deepEqual(
      told.map(({ resource, state, before, limit }) => [resource, state, Math.round(before * 10) / 10, limit]),
      [
        ['having calc-mcp', 'found', 1.3, 0],
        ['having calc-mcp', 'damped', 1.3, 0],
      ],
    );
    assert.deepEqual(
      world.churn.loops.map(({ units }) => units),
      [['calc-mcp']],
    );
  });

  it('what is acquired once, removed once, or replaced now and then is none', () => {
    const { churn, has } = fleet();
    has(0, 'files');
    has(1, 'files', 'a');
    has(2, 'files', 'a', 'b');
    has(3, 'files', 'b');
    has(4, 'files', 'a', 'b');
    for (let n = 1; n < 20; n++) has(n * 20 * MINUTE, 'a', 'b', ...(n % 2 ? ['files'] : ['c']));
    assert.deepEqual(churn.loops, []);
  });

  it('what several replicas say of one version, and what was there before one looked, counts once', () => {
    const churn = new Churn();
    for (let n = 1; n <= 20; n++) {
      const servers = n % 2 ? ['a'] : [];
      for (const instance of ['r1', 'r2', 'r3']) {
        const told = churn.stock({ instance, version: n, servers }, n * MINUTE);
        assert.equal(told.length > 0, n === 5 && instance === 'r1', `${n} ${instance}`);
      }
      // late, and of no account
      churn.stock({ instance: 'r4', version: n - 1, servers: ['a', 'b'] }, n * MINUTE);
    }
  });

  it('settles when nothing has changed for a while, and cools for twice as long when it comes back', () => {
    const world = fleet();
    world.has(0, 'files');
    twice(world, MINUTE);
    assert.deepEqual(world.churn.tick(4 * MINUTE + COOL - 1), []);
    const [settled] = world.churn.tick(4 * MINUTE + COOL);
    assert.deepEqual([settled?.resource, settled?.state], ['having calc-mcp', 'settled']);
    assert.deepEqual(world.churn.loops, []);
    const again = 20 * MINUTE;
    assert.equal(twice(world, again).length, 2);
    assert.deepEqual(world.churn.tick(again + 3 * MINUTE + COOL), []);
    assert.equal(world.churn.tick(again + 3 * MINUTE + 2 * COOL)[0]?.state, 'settled');
  });

  it('a new leader goes on cooling', () => {
    const churn = new Churn();
    const loop = { resource: 'having a', units: ['a'], state: 'damped' as const, before: 1, limit: 0 };
    churn.restore(loop, 0);
    assert.deepEqual(churn.loops, [loop]);
    assert.equal(churn.tick(COOL)[0]?.state, 'settled');
  });
});
