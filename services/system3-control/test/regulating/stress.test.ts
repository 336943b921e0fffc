import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Ladder, type Move, type Strain } from '../../src/regulating/stress.js';

const strain = (over: Partial<Strain> = {}): Strain => ({
  unit: 'desk',
  wants: 5,
  shedding: 0,
  slots: 10,
  fair: 10,
  sheds: 0,
  scarce: undefined,
  cause: 'report',
  ...over,
});

function ladder() {
  let n = 0;
  return new Ladder(() => `i${++n}`);
}

/** The same for some seconds, from `from` on. */
const hold = (on: Ladder, from: number, seconds: number, how: Strain): Move[] =>
  Array.from({ length: seconds }, (_, s) => on.judge([how], (from + s) * 1000)).flat();
const words = (moves: readonly Move[]) =>
  moves.map(({ what, intervention: { rung, floor } }) => `${rung} ${what}${floor === undefined ? '' : ` ${floor}`}`);

const STRAINED = strain({ wants: 60, slots: 20, fair: 10, sheds: 6, scarce: 'operations' });

describe('the response to stress', () => {
  it('is none where a unit copes, or is short for a moment', () => {
    const on = ladder();
    assert.deepEqual(hold(on, 0, 60, strain()), []);
    assert.deepEqual(hold(on, 60, 3, STRAINED), []);
    assert.deepEqual(hold(on, 63, 60, strain()), []);
  });

  it('goes from the least intervention to the strongest, one step after the other', () => {
    const moves = hold(ladder(), 0, 60, STRAINED);
    assert.deepEqual(words(moves), [
      'borrow begins',
      'shed begins 2',
      'shed changes 4',
      'shed changes 6',
      'amplify begins',
      'tell begins',
    ]);
    assert.ok(moves.every(({ strain: { cause } }) => cause === 'report'));
  });

  it('lets nothing go that the bargain does not allow, and asks for no replicas that would not help', () => {
    const capped = strain({ wants: 60, slots: 5, fair: 10, scarce: 'cap' });
    const moves = hold(ladder(), 0, 30, capped);
    assert.deepEqual(words(moves), ['tell begins']);
    assert.match(moves[0]?.intervention.because ?? '', /wants 60 .* may run 5; it has too little of: cap/);
  });

  it('stays where it is while what is let go would still be too much, and ends step by step when it is not', () => {
    const on = ladder();
    hold(on, 0, 60, STRAINED);
    assert.deepEqual(hold(on, 60, 60, { ...STRAINED, wants: 15, shedding: 40 }), []);
    assert.deepEqual(on.floors, { desk: 6 });
    const back = hold(on, 120, 60, strain({ sheds: 6 }));
    assert.deepEqual(words(back), [
      'tell ends',
      'amplify ends',
      'shed changes 4',
      'shed changes 2',
      'shed ends 2',
      'borrow ends',
    ]);
    assert.deepEqual([on.floors, on.active], [{}, []]);
  });

  it('ends for a unit that wants nothing any more', () => {
    const on = ladder();
    hold(on, 0, 60, STRAINED);
    const ended = Array.from({ length: 60 }, (_, s) => on.judge([], (60 + s) * 1000)).flat();
    assert.equal(ended.filter(({ what }) => what === 'ends').length, 4);
    assert.deepEqual(on.active, []);
  });

  it('whatever comes: never a floor above the bargain, no step before the ones below it, and all that begins ends', () => {
    const second = fc.record({
      wants: fc.integer({ min: 0, max: 100 }),
      shedding: fc.integer({ min: 0, max: 50 }),
      slots: fc.integer({ min: 0, max: 50 }),
      scarce: fc.constantFrom(undefined, 'operations', 'rate', 'cap'),
    });
    fc.assert(
      fc.property(fc.array(second, { maxLength: 80 }), fc.nat(9), (list, sheds) => {
        const on = ladder();
        const open = new Map<string, string>();
        const take = ({ what, intervention: { id, rung } }: Move) => {
          if (what === 'begins') open.set(id, rung);
          if (what === 'ends') assert.ok(open.delete(id), 'what ends was begun');
          const rungs = [...open.values()];
          if (what === 'begins' && (rung === 'amplify' || rung === 'tell'))
            assert.ok(sheds === 0 || rungs.includes('shed'));
          assert.equal(new Set(rungs).size, rungs.length);
        };
        for (const [s, one] of list.entries()) {
          on.judge([strain({ ...one, sheds, fair: 10 })], s * 1000).forEach(take);
          assert.ok((on.floors.desk ?? 0) <= sheds);
        }
        for (let s = 0; s < 120; s++) on.judge([], (list.length + s) * 1000).forEach(take);
        assert.equal(open.size, 0);
      }),
      { numRuns: 300 },
    );
  });
});
