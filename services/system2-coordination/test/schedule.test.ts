import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Schedule, type TurnWish } from '../src/schedule.js';

const MINUTE = 60_000;
const TICK = 250;
const PATIENT = 1_000_000;

function wish(turn: string, unit: string, over: Partial<TurnWish> = {}): TurnWish {
  return { turn, unit, server: 'api', calls: 1, patience: PATIENT, instance: 'r', ...over };
}

const even = () => 1;

/** Turns granted while time passes, tick by tick. */
function run(schedule: Schedule, from: number, to: number): { unit: string; at: number }[] {
  const granted: { unit: string; at: number }[] = [];
  for (let at = from; at < to; at += TICK)
    for (const { unit, grant } of schedule.deal(at)) if (grant.granted) granted.push({ unit, at });
  return granted;
}

const of = (granted: readonly { unit: string }[], unit: string) => granted.filter((one) => one.unit === unit).length;

describe('a schedule', () => {
  it('grants what the rate has room for at once, and the rest as time passes', () => {
    const schedule = new Schedule({ calls: 60, per: MINUTE }, even, 0);
    for (let n = 0; n < 200; n++) schedule.ask(wish(`t${n}`, 'a'), 0);
    assert.equal(schedule.deal(0).length, 6, 'a tenth of the rate');
    assert.equal(run(schedule, TICK, MINUTE).length, 54, 'the rest of it within its time');
    assert.equal(run(schedule, MINUTE, 2 * MINUTE).length, 60);
  });

  it('divides it fairly, by weight, however much each wants', () => {
    const schedule = new Schedule({ calls: 60, per: MINUTE }, (unit) => (unit === 'heavy' ? 2 : 1), 0);
    for (let n = 0; n < 1000; n++) schedule.ask(wish(`f${n}`, 'flood'), 0);
    for (let n = 0; n < 100; n++) schedule.ask(wish(`h${n}`, 'heavy'), 0);
    for (let n = 0; n < 100; n++) schedule.ask(wish(`l${n}`, 'light'), 0);
    const granted = run(schedule, 0, 2 * MINUTE);
    assert.deepEqual([of(granted, 'heavy'), of(granted, 'light'), of(granted, 'flood')], [60, 30, 30]);
  });

  it('lets one that comes new in before the flood is done, and gives what it leaves to the flood', () => {
    const schedule = new Schedule({ calls: 60, per: MINUTE }, even, 0);
    for (let n = 0; n < 1000; n++) schedule.ask(wish(`f${n}`, 'flood'), 0);
    run(schedule, 0, 10_000);
    schedule.ask(wish('new', 'late'), 10_000);
    const granted = run(schedule, 10_000, 10_000 + MINUTE);
    const [first] = granted.filter(({ unit }) => unit === 'late');
    assert.ok(first && first.at - 10_000 <= 6000, JSON.stringify(first));
    assert.equal(granted.length, 60, 'nothing is left unused');
  });

  it('tells who has no patience to ask again, and forgets it', () => {
    const schedule = new Schedule({ calls: 1, per: MINUTE }, even, 0);
    schedule.ask(wish('t1', 'a'), 0);
    schedule.ask(wish('t2', 'a', { patience: 4000 }), 0);
    assert.deepEqual(
      schedule.deal(0).map(({ grant }) => [grant.claim, grant.granted]),
      [['t1', true]],
    );
    const [answer] = schedule.deal(4000);
    assert.deepEqual([answer?.grant.granted, answer?.grant.wait], [false, 30_000]);
    assert.match(answer?.grant.reason ?? '', /api is called 1 times in 60 s at most/);
    assert.equal(run(schedule, 4000, 2 * MINUTE).length, 0);
    assert.equal(schedule.view('api', 4000).units[0]?.waiting, 1, 'it comes again');
  });

  it('grants nothing while turns of an earlier leader may still count', () => {
    const rate = { calls: 60, per: MINUTE };
    const schedule = new Schedule(rate, even, Schedule.settling(rate));
    schedule.ask(wish('t1', 'a'), 0);
    assert.equal(run(schedule, 0, 6000).length, 0);
    assert.equal(run(schedule, 6000, 6001).length, 1);
  });

  it('says who waited how long', () => {
    const schedule = new Schedule({ calls: 1, per: 1000 }, even, 0);
    for (const turn of ['t1', 't2', 't3']) schedule.ask(wish(turn, 'a'), 0);
    run(schedule, 0, 5000);
    const { calls, per, granted, units } = schedule.view('api', 5000);
    assert.deepEqual([calls, per, granted], [1, 1000, 3]);
    assert.deepEqual(units, [{ unit: 'a', granted: 3, waiting: 0, waited: 2, total: 3000, longest: 2000 }]);
  });

  it('never grants more calls in any stretch of the time than the rate says, also across a takeover', () => {
    const asks = fc.array(
      fc.record({ at: fc.nat(100), unit: fc.constantFrom('a', 'b', 'c'), calls: fc.integer({ min: 1, max: 5 }) }),
      { maxLength: 200 },
    );
    const rates = fc.record({ calls: fc.integer({ min: 5, max: 130 }), per: fc.constantFrom(1000, 10_000, 20_000) });
    fc.assert(
      fc.property(rates, asks, fc.nat(100), (rate, all, change) => {
        let schedule = new Schedule(rate, even, 0);
        const granted: { at: number; calls: number }[] = [];
        for (let step = 0; step <= 300; step++) {
          const now = step * TICK;
          if (step === change) schedule = new Schedule(rate, even, now + Schedule.settling(rate));
          for (const [n, { at, unit, calls }] of all.entries())
            if (at === step) schedule.ask(wish(String(n), unit, { calls }), now);
          for (const { grant } of schedule.deal(now))
            if (grant.granted) granted.push({ at: now, calls: all[Number(grant.claim)]?.calls ?? 0 });
        }
        for (const { at } of granted) {
          const calls = granted.filter((other) => other.at >= at && other.at < at + rate.per);
          const sum = calls.reduce((total, one) => total + one.calls, 0);
          assert.ok(sum <= rate.calls, `${sum} calls in ${rate.per} ms`);
        }
      }),
    );
  });
});
