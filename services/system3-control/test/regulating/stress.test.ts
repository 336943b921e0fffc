import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Commands, milliseconds, options, transcript } from '../../../../test/support/transcript.js';
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

function ladder(): Ladder {
  let n = 0;
  return new Ladder(() => `i${++n}`);
}

function line(now: number, { what, intervention: { rung, floor, because } }: Move): string {
  const step = `${now / 1000}s ${rung} ${what}${floor === undefined ? '' : ` ${floor}`}`;
  return what === 'begins' ? `${step}: ${because}` : step;
}

/** Words such as `wants=60 scarce=operations`. */
function strainOf({ for: _, scarce, ...figures }: Record<string, string>): Strain {
  const numbers = Object.entries(figures).map(([name, figure]) => [name, Number(figure)]);
  return strain({ ...Object.fromEntries(numbers), scarce });
}

function response(): Commands {
  const machine = ladder();
  const eachSecond = (from: number, { for: time = '1s' }: Record<string, string>, strains: readonly Strain[]) =>
    Array.from({ length: milliseconds(time) / 1000 }, (_, s) => from + s * 1000).flatMap((now) =>
      machine.judge(strains, now).map((move) => line(now, move)),
    );
  return {
    judge: (now, words) => eachSecond(now, options(words), [strainOf(options(words))]),
    nothing: (now, words) => eachSecond(now, options(words), []),
    active: () => machine.active.map(({ rung }) => rung),
    floors: () => Object.entries(machine.floors).map(([unit, floor]) => `${unit} ${floor}`),
  };
}

describe('the response to stress', () => {
  transcript(new URL('stress.txt', import.meta.url), response);

  it('has no floor above the bargain, no step before the ones below it, and ends all that it begins, whatever comes', () => {
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
