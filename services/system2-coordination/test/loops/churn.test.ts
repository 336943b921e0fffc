import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Commands, transcript } from '../../../../test/support/transcript.js';
import { Churn } from '../../src/loops/churn.js';
import { loopLine } from './loop-line.js';

const MINUTE = 60_000;

function churn(): Commands {
  const machine = new Churn();
  let version = 0;
  return {
    has: (now, servers) => machine.stock({ instance: 'r', version: ++version, servers }, now).map(loopLine),
    restore(now, [server = '']) {
      machine.restore({ resource: `having ${server}`, units: [server], state: 'damped', before: 1, limit: 0 }, now);
      return [];
    },
    tick: (now) => machine.tick(now).map(loopLine),
    loops: () => machine.loops.map(loopLine),
  };
}

describe('churn', () => {
  transcript(new URL('churn.txt', import.meta.url), churn);

  it('counts once what several replicas say of one version, and not what was there at the first look', () => {
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
});
