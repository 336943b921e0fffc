import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Window } from '@vsmcp/vsm';
import fc from 'fast-check';
import { Parts } from '../../src/scheduling/parts.js';
import { Schedule, type TurnRequest } from '../../src/scheduling/schedule.js';

const MINUTE = 60_000;
const TICK = 250;
const PATIENT = 1_000_000;

function request(turn: string, unit: string, over: Partial<TurnRequest> = {}): TurnRequest {
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
    const schedule = new Schedule({ rate: { calls: 60, per: MINUTE } }, even, 0);
    for (let n = 0; n < 200; n++) schedule.ask(request(`t${n}`, 'a'), 0);
    assert.equal(schedule.deal(0).length, 6, 'a tenth of the rate');
    assert.equal(run(schedule, TICK, MINUTE).length, 54, 'the rest of it within its time');
    assert.equal(run(schedule, MINUTE, 2 * MINUTE).length, 60);
  });

  it('divides it fairly, by weight, however much each wants', () => {
    const schedule = new Schedule({ rate: { calls: 60, per: MINUTE } }, (unit) => (unit === 'heavy' ? 2 : 1), 0);
    for (let n = 0; n < 1000; n++) schedule.ask(request(`f${n}`, 'flood'), 0);
    for (let n = 0; n < 100; n++) schedule.ask(request(`h${n}`, 'heavy'), 0);
    for (let n = 0; n < 100; n++) schedule.ask(request(`l${n}`, 'light'), 0);
    const granted = run(schedule, 0, 2 * MINUTE);
    assert.deepEqual([of(granted, 'heavy'), of(granted, 'light'), of(granted, 'flood')], [60, 30, 30]);
  });

  it('lets one that comes new in before the flood is done, and gives what it leaves to the flood', () => {
    const schedule = new Schedule({ rate: { calls: 60, per: MINUTE } }, even, 0);
    for (let n = 0; n < 1000; n++) schedule.ask(request(`f${n}`, 'flood'), 0);
    run(schedule, 0, 10_000);
    schedule.ask(request('new', 'late'), 10_000);
    const granted = run(schedule, 10_000, 10_000 + MINUTE);
    const [first] = granted.filter(({ unit }) => unit === 'late');
    assert.ok(first && first.at - 10_000 <= 6000, JSON.stringify(first));
    assert.equal(granted.length, 60, 'nothing is left unused');
  });

  it('tells who has no patience to ask again, and forgets it', () => {
    const schedule = new Schedule({ rate: { calls: 1, per: MINUTE } }, even, 0);
    schedule.ask(request('t1', 'a'), 0);
    schedule.ask(request('t2', 'a', { patience: 4000 }), 0);
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
    const schedule = new Schedule({ rate }, even, Parts.settling(rate));
    schedule.ask(request('t1', 'a'), 0);
    assert.equal(run(schedule, 0, 6000).length, 0);
    assert.equal(run(schedule, 6000, 6001).length, 1);
  });

  it('says who waited how long', () => {
    const schedule = new Schedule({ rate: { calls: 1, per: 1000 } }, even, 0);
    for (const turn of ['t1', 't2', 't3']) schedule.ask(request(turn, 'a'), 0);
    run(schedule, 0, 5000);
    const { calls, per, granted, units } = schedule.view('api', 5000);
    assert.deepEqual([calls, per, granted], [1, 1000, 3]);
    assert.deepEqual(units, [{ unit: 'a', granted: 3, waiting: 0, waited: 2, total: 3000, longest: 2000 }]);
  });

  it('grants nothing while it is closed; then what waited is dealt out by weight, whoever came first', () => {
    const nine = 9 * 60 * MINUTE;
    const open = [Window.parse({ from: '09:00', to: '18:00' })];
    const weight = (unit: string) => (unit === 'heavy' ? 2 : 1);
    const schedule = new Schedule({ rate: { calls: 60, per: MINUTE }, open }, weight, 0);
    const granted: string[] = [];
    // as System 1 does: who is told to ask again does so after that long, the flood an hour before the others
    const asking = new Map<number, TurnRequest[]>();
    const ask = (at: number, one: TurnRequest) => void asking.set(at, [...(asking.get(at) ?? []), one]);
    for (let n = 0; n < 100; n++) ask(nine - 60 * MINUTE, request(`flood${n}`, 'flood', { patience: 4000 }));
    for (let n = 0; n < 30; n++) ask(nine - 7 * MINUTE + n * 10_000, request(`heavy${n}`, 'heavy', { patience: 4000 }));
    let asked = 0;
    for (let now = nine - 60 * MINUTE; now < nine + MINUTE; now += TICK) {
      for (const one of asking.get(now) ?? []) schedule.ask(one, now);
      asked += asking.get(now)?.length ?? 0;
      for (const { grant, unit } of schedule.deal(now)) {
        if (grant.granted) granted.push(unit);
        else ask(now + (grant.wait ?? 0), request(grant.claim, unit, { patience: 4000 }));
        if (grant.granted) assert.ok(now >= nine, 'it is closed');
        else if (now < nine) assert.match(grant.reason ?? '', /api is closed until 1970-01-01T09:00:00.000Z/);
      }
      if (now === nine - MINUTE)
        assert.deepEqual(
          [schedule.view('api', now).closed, schedule.view('api', now).units.map(({ waiting }) => waiting)],
          [nine, [100, 30]],
        );
    }
    assert.equal(granted.length, 60);
    assert.equal(granted.filter((unit) => unit === 'heavy').length, 30, 'all of it, though it came last');
    assert.ok(granted.slice(0, 30).filter((unit) => unit === 'heavy').length >= 19, granted.join(' '));
    assert.ok(asked < 130 * 25, `${asked} questions in an hour`);
    assert.equal(schedule.view('api', nine).closed, undefined);
  });

  it('grants all when it opens where it has opening hours alone, and closes again', () => {
    const open = [Window.parse({ from: '09:00', to: '09:01' })];
    const schedule = new Schedule({ open }, even, 0);
    for (const turn of ['t1', 't2']) schedule.ask(request(turn, 'a', { patience: 40_000_000 }), 0);
    assert.deepEqual(run(schedule, 0, 9 * 60 * MINUTE), []);
    assert.equal(run(schedule, 9 * 60 * MINUTE, 9 * 60 * MINUTE + 1).length, 2);
    schedule.ask(request('t3', 'a'), 9 * 60 * MINUTE + MINUTE);
    assert.deepEqual(run(schedule, 9 * 60 * MINUTE + MINUTE, 9 * 60 * MINUTE + 2 * MINUTE), []);
    const { calls, closed } = schedule.view('api', 10 * 60 * MINUTE);
    assert.deepEqual([calls, closed], [undefined, 33 * 60 * MINUTE]);
  });

  it('never grants more calls in any stretch of the time than the rate says, also across a takeover', () => {
    const asks = fc.array(
      fc.record({ at: fc.nat(100), unit: fc.constantFrom('a', 'b', 'c'), calls: fc.integer({ min: 1, max: 5 }) }),
      { maxLength: 200 },
    );
    const rates = fc.record({ calls: fc.integer({ min: 5, max: 130 }), per: fc.constantFrom(1000, 10_000, 20_000) });
    fc.assert(
      fc.property(rates, asks, fc.nat(100), (rate, all, change) => {
        let schedule = new Schedule({ rate }, even, 0);
        const granted: { at: number; calls: number }[] = [];
        for (let step = 0; step <= 300; step++) {
          const now = step * TICK;
          if (step === change) schedule = new Schedule({ rate }, even, now + Parts.settling(rate));
          for (const [n, { at, unit, calls }] of all.entries())
            if (at === step) schedule.ask(request(String(n), unit, { calls }), now);
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
