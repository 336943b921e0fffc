import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Counts } from '@vsmcp/vsm';
import fc from 'fast-check';
import { Achievements, type Granted, WINDOW } from '../../src/performance/performance.js';
import { load } from '../fixtures.js';

const ALONE: Granted = { pool: 10, slots: new Map([['desk', 10]]) };

/** Second by second from 1 on; what else came of events may be said of each. */
function after(seconds: readonly ({ answered: number; busy?: number; turned?: number } & Counts)[]): Achievements {
  const achievements = new Achievements();
  for (const [s, { busy, turned, ...outcomes }] of seconds.entries()) {
    const one = load((s + 1) * 1000, outcomes.answered, busy === undefined ? {} : { busy });
    const { desk } = one.units;
    const received = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
    if (desk) Object.assign(desk, { received, outcomes, ...(turned !== undefined && { turned }) });
    achievements.measure({ ...one, received, outcomes });
  }
  return achievements;
}
const times = <T>(n: number, one: T): T[] => Array.from({ length: n }, () => one);

describe('performance', () => {
  it('says nothing where nothing came', () => {
    const { efficiency, attempted, units } = new Achievements().report(1000, ALONE);
    assert.deepEqual({ efficiency, attempted, units }, { efficiency: null, attempted: 0, units: {} });
  });

  it('is whole where all that came was answered, however little that was', () => {
    const { efficiency, units } = after([{ answered: 3 }]).report(1000, ALONE);
    assert.equal(efficiency, 1);
    assert.deepEqual(units.desk, {
      actuality: 3,
      capability: 3,
      potentiality: 3,
      productivity: 1,
      latency: 1,
      performance: 1,
    });
  });

  it('counts failures as lost productivity, and forgets them after the window', () => {
    const achievements = after([{ answered: 9 }, { answered: 0, dead: 2, doubt: 1 }]);
    const { efficiency, attempted, units } = achievements.report(2000, ALONE);
    assert.deepEqual([efficiency, attempted, units.desk?.productivity, units.desk?.latency], [0.75, 12, 0.75, 1]);
    assert.equal(achievements.report(2000 + 2 * WINDOW, ALONE).efficiency, null);
  });

  it('counts missing tools as lost latency', () => {
    const { fleet, units } = after([{ answered: 6, parked: 2 }]).report(1000, ALONE);
    assert.deepEqual([units.desk?.productivity, units.desk?.latency, fleet.performance], [1, 0.75, 0.75]);
  });

  it('counts an event once that waited for a tool and was answered, and one that needs no operation not at all', () => {
    const achievements = after([{ answered: 0, parked: 5, noted: 3, attenuated: 2 }]);
    assert.equal(achievements.report(1000, ALONE).efficiency, 0);
    const claimedBack = load(2000, 5);
    achievements.measure({ ...claimedBack, received: 0, units: {} });
    assert.equal(achievements.report(2000, ALONE).efficiency, 1);
  });

  it('counts as lost latency too the work that a unit could do with the whole pool, and may not with its share', () => {
    // a second each; two at the same time make 120 a minute, and 100 more wait
    const busy = times(59, { answered: 2, busy: 2000, turned: 100 });
    const { units } = after(busy).report(59_000, { pool: 10, slots: new Map([['desk', 2]]) });
    assert.deepEqual([units.desk?.actuality, units.desk?.capability, units.desk?.potentiality], [118, 120, 218]);
    const small = after(busy).report(59_000, { pool: 3, slots: new Map([['desk', 2]]) });
    assert.equal(small.units.desk?.potentiality, 180);
  });

  it('counts an unused share as lost productivity', () => {
    const { units } = after(times(59, { answered: 2, busy: 2000, turned: 100 })).report(59_000, ALONE);
    assert.deepEqual([units.desk?.capability, units.desk?.productivity], [218, 118 / 218]);
  });

  it('rolls up: what all did of what they could, and of what came to nobody too', () => {
    const achievements = new Achievements();
    achievements.measure(load(1000, 8));
    achievements.measure(load(1000, 4, { dead: 4, unit: 'machine' }));
    const nobody = load(1000, 0);
    achievements.measure({ ...nobody, received: 4, units: {}, outcomes: { parked: 4 } });
    const { fleet, units } = achievements.report(1000, ALONE);
    assert.deepEqual([units.desk?.performance, units.machine?.performance], [1, 0.5]);
    assert.deepEqual([fleet.actuality, fleet.capability, fleet.potentiality, fleet.latency], [12, 16, 20, 0.8]);
  });

  it('tells of the busiest 200 units, and counts all', () => {
    const achievements = new Achievements();
    for (let n = 0; n < 250; n++) achievements.measure(load(1000, n, { unit: `u${n}` }));
    const { units, attempted, fleet } = achievements.report(1000, { pool: 1_000_000, slots: new Map() });
    assert.deepEqual([Object.keys(units).length, units.u249?.actuality, units.u0], [200, 249, undefined]);
    assert.deepEqual([attempted, fleet.actuality], [(249 * 250) / 2, (249 * 250) / 2]);
  });

  it('has ratios in 0…1 whose product is the performance, whatever is reported', () => {
    const second = fc.record({
      answered: fc.nat(50),
      dead: fc.nat(5),
      parked: fc.nat(5),
      shed: fc.nat(5),
      turned: fc.nat(50),
      busy: fc.nat(100_000),
    });
    fc.assert(
      fc.property(fc.array(second, { minLength: 1, maxLength: 70 }), fc.nat(20), fc.nat(20), (list, slots, more) => {
        const granted = { pool: slots + more, slots: new Map([['desk', slots]]) };
        const { efficiency, fleet, units } = after(list).report(list.length * 1000, granted);
        assert.equal(efficiency, fleet.performance);
        for (const { actuality, capability, potentiality, ...ratios } of [fleet, ...Object.values(units)]) {
          assert.ok(actuality <= capability && capability <= potentiality);
          const { productivity, latency, performance } = ratios;
          for (const ratio of [productivity, latency, performance])
            assert.ok(ratio === null || (ratio >= 0 && ratio <= 1));
          if (productivity !== null && latency !== null) {
            assert.equal(performance, productivity * latency);
            assert.ok(Math.abs(performance - actuality / potentiality) < 1e-9);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
