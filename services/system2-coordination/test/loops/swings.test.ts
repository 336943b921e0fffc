import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { areFilled } from '../../src/loops/swinging.js';
import { LENGTH, swingOf } from '../../src/loops/swings.js';

const series = (of: (n: number) => number) => Array.from({ length: LENGTH }, (_, n) => of(n));
const wave = (period: number, n: number) => Math.sin((2 * Math.PI * n) / period);

describe('swings', () => {
  it('a wave that goes on is one, with its period and height, whatever its phase', () => {
    const waves = fc.record({
      period: fc.integer({ min: 6, max: 20 }),
      phase: fc.nat(20),
      height: fc.double({ min: 0.3, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(waves, ({ period, phase, height }) => {
        const swing = swingOf(series((n) => 50 * (1 + height * wave(period, n + phase))));
        assert.ok(swing, 'it is seen');
        assert.ok(Math.abs(swing.period - period) <= 1, `${swing.period} for ${period}`);
        assert.ok(Math.abs(swing.amplitude - height) <= 0.2 * height, `${swing.amplitude} for ${height}`);
        assert.ok(Math.abs(swing.decrement) < 0.1);
      }),
    );
  });

  it('one that dies out by itself is none, and its decrement is what it is', () => {
    assert.equal(swingOf(series((n) => 50 * (1 + Math.exp(-n / 15) * wave(10, n)))), undefined);
    const slow = swingOf(series((n) => 50 * (1 + Math.exp(-n / 100) * wave(10, n))));
    assert.ok(slow && Math.abs(slow.decrement - 0.1) < 0.05, JSON.stringify(slow));
  });

  it('steps, slopes, single bursts and small waves are none', () => {
    assert.equal(swingOf(series(() => 50)), undefined);
    assert.equal(swingOf(series((n) => n)), undefined);
    assert.equal(swingOf(series((n) => (n < 30 ? 10 : 90))), undefined);
    assert.equal(swingOf(series((n) => (n > 20 && n < 30 ? 90 : 10))), undefined);
    assert.equal(swingOf(series((n) => 50 + 3 * wave(10, n))), undefined);
  });

  it('noise is hardly ever taken for one', () => {
    let seed = 11;
    // Lehmer's generator: the same noise in every run
    const uniform = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    let walk = 50;
    const walking = () => {
      walk += 20 * (uniform() - 0.5);
      return Math.abs(walk);
    };
    for (const make of [() => 100 * uniform(), walking]) {
      const alarms = Array.from({ length: 500 }, () => swingOf(series(make))).filter(Boolean).length;
      assert.ok(alarms <= 10, `${alarms} of 500`);
    }
  });

  it('too few samples say nothing', () => {
    assert.equal(swingOf(series((n) => 50 * (1 + wave(8, n))).slice(0, 20)), undefined);
  });

  it('places that are lent and not filled say nothing', () => {
    assert.equal(areFilled({ desk: 599, machine: 300 }, { desk: 1 }), false);
    assert.equal(areFilled({ desk: 6, machine: 3 }, { desk: 6, machine: 1 }), true);
    assert.equal(areFilled({}, {}), true);
  });
});
