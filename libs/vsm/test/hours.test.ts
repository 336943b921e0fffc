import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { openAt, Window } from '../src/hours.js';

const MINUTE = 60_000;
const at = (text: string) => Date.parse(text);
const until = (windows: readonly Window[], text: string) => {
  const { open, until } = openAt(windows, at(text));
  return [open, Number.isFinite(until) ? new Date(until).toISOString().slice(0, 16) : 'never'];
};

describe('opening hours', () => {
  it('open and close by the clock of their zone, and on their days', () => {
    const office = [Window.parse({ days: 'mon-fri', from: '08:00', to: '18:00', zone: 'Europe/Berlin' })];
    assert.deepEqual(until(office, '2026-11-27T12:00Z'), [true, '2026-11-27T17:00']);
    assert.deepEqual(until(office, '2026-11-27T17:00Z'), [false, '2026-11-30T07:00'], 'over the weekend');
    assert.deepEqual(until(office, '2026-03-27T17:00Z'), [false, '2026-03-30T06:00'], 'and over a change of clocks');
  });

  it('may go over midnight, and be several; one without an end never closes', () => {
    const night = [
      Window.parse({ days: 'sat', from: '22:00', to: '02:00' }),
      Window.parse({ days: 'sun,wed', from: '12:00', to: '13:00' }),
    ];
    assert.deepEqual(until(night, '2026-11-28T23:00Z'), [true, '2026-11-29T02:00']);
    assert.deepEqual(until(night, '2026-11-29T02:00Z'), [false, '2026-11-29T12:00']);
    assert.deepEqual(until(night, '2026-11-29T13:00Z'), [false, '2026-12-02T12:00']);
    assert.deepEqual(until([Window.parse({})], '2026-11-29T13:00Z'), [true, 'never']);
  });

  it('says what is wrong', () => {
    for (const wrong of [{ days: 'mo' }, { from: '8:00' }, { to: '25:00' }, { zone: 'Middle/Earth' }])
      assert.equal(Window.safeParse(wrong).success, false, JSON.stringify(wrong));
  });

  it('property: until the instant that is told nothing changes, and there it does', () => {
    const time = fc
      .integer({ min: 0, max: 95 })
      .map((n) => `${String(Math.floor(n / 4)).padStart(2, '0')}:${String((n % 4) * 15).padStart(2, '0')}`);
    const window = fc.record({
      days: fc.constantFrom('mon', 'tue-thu', 'fri-mon', 'mon-sun', 'wed,sun'),
      from: time,
      to: time,
      zone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu'),
    });
    const instant = fc.integer({ min: at('2026-01-01') / MINUTE, max: at('2027-01-01') / MINUTE });
    fc.assert(
      fc.property(
        fc.array(window, { minLength: 1, maxLength: 3 }),
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, minute, part) => {
          const windows = given.map((one) => Window.parse(one));
          const now = minute * MINUTE;
          const { open, until } = openAt(windows, now);
          const end = Number.isFinite(until) ? until : now + 20 * 1440 * MINUTE;
          const between = now + Math.floor((end - 1 - now) * part);
          assert.equal(openAt(windows, between).open, open);
          if (Number.isFinite(until)) assert.equal(openAt(windows, until).open, !open);
        },
      ),
      { numRuns: 60 },
    );
  });
});
