import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { forget, type Measured, measure, performanceOf, unmeasured, WINDOW } from '../src/performance.js';
import { load } from './fixtures.js';

/** `rate` answers a second, from `from` s to `to` s. */
const seconds = (measured: Measured, from: number, to: number, rate: number, over = {}) => {
  let next = measured;
  for (let s = from + 1; s <= to; s++) next = measure(next, load(s * 1000, rate, over));
  return next;
};

describe('performance', () => {
  it('says nothing where nothing happened, and no ratio where little did', () => {
    assert.deepEqual(performanceOf(unmeasured(0), 1000), { window: WINDOW, efficiency: null, attempted: 0, units: {} });
    const { efficiency, units } = performanceOf(measure(unmeasured(0), load(1000, 3)), 1000);
    assert.equal(efficiency, 1);
    assert.deepEqual(units.desk, {
      ...{ actuality: 3, capability: null, potentiality: null },
      ...{ productivity: null, latency: null, performance: null },
    });
  });

  it('efficiency is answered over attempted, within the window', () => {
    const measured = measure(measure(unmeasured(0), load(1000, 9)), load(2000, 0, { dead: 3 }));
    assert.equal(performanceOf(measured, 2000).efficiency, 0.75);
    assert.equal(performanceOf(measured, 2000 + 2 * WINDOW).efficiency, null);
  });

  it('Beer: at half of its best pace productivity is a half, and the pool shows what it could do', () => {
    // 2 a second for two minutes, then 1 a second for one; 100 ms each; ten at a time
    const measured = seconds(seconds(unmeasured(0), 0, 120, 2), 120, 180, 1);
    const desk = performanceOf(measured, 180_000).units.desk;
    assert.ok(desk?.capability && desk.potentiality && desk.productivity);
    assert.ok(Math.abs(desk.capability - 120) <= 10, `${desk.capability}`);
    assert.ok(Math.abs(desk.productivity - 0.5) < 0.1, `${desk.productivity}`);
    assert.equal(desk.potentiality, 6000);
  });

  it('is forgotten after a silent window, and bounded to the busiest 200 units', () => {
    let measured = unmeasured(0);
    for (let n = 0; n < 250; n++) measured = measure(measured, load(1000, n, { unit: `u${n}` }));
    const { units, attempted } = performanceOf(measured, 1000);
    assert.deepEqual([Object.keys(units).length, units.u249?.actuality, units.u0], [200, 249, undefined]);
    assert.equal(attempted, (249 * 250) / 2);
    assert.equal(forget(measured, 1000 + 2 * WINDOW).units.size, 0);
  });

  it('whatever is reported, ratios lie in 0…1 and performance is their product', () => {
    const second = fc.record({ answered: fc.nat(50), dead: fc.nat(5), busy: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(second, { minLength: 70, maxLength: 150 }), (list) => {
        let measured = unmeasured(0);
        for (const [s, one] of list.entries()) measured = measure(measured, load((s + 1) * 1000, one.answered, one));
        const { efficiency, units } = performanceOf(measured, list.length * 1000);
        assert.ok(efficiency === null || (efficiency >= 0 && efficiency <= 1));
        for (const { productivity, latency, performance } of Object.values(units)) {
          for (const ratio of [productivity, latency, performance])
            assert.ok(ratio === null || (ratio >= 0 && ratio <= 1));
          if (productivity !== null && latency !== null) assert.equal(performance, productivity * latency);
        }
      }),
      { numRuns: 50 },
    );
  });
});
