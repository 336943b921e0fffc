import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Commands, milliseconds, options, transcript } from '../../../../test/support/transcript.js';
import { APART, Loops } from '../../src/loops/loops.js';
import { loopLine } from './loop-line.js';

function loops(): Commands {
  const machine = new Loops();
  return {
    turns(now, [resource = '', ...words]) {
      const { every, early = '0' } = options(words);
      const units = words.filter((word) => !word.includes('='));
      return units.flatMap((unit, n) => {
        const at = now + n * milliseconds(every);
        return machine.granted([resource], unit, at - milliseconds(early), at).map(loopLine);
      });
    },
    hold(now, [unit = '', ...resources]) {
      const { wait, damped } = machine.hold(resources, unit, now);
      return [wait === 0 ? 'is let through' : `waits ${wait}`, ...damped.map(loopLine)];
    },
    prefer(_, [unit = '', resource = '']) {
      const loop = machine.prefer(resource, { unit, because: 'it is the law', by: 'ann' });
      return [loop ? loopLine(loop) : `${unit} is not in it`];
    },
    yields(now, [unit = '', ...resources]) {
      const because = machine.yields(resources, unit, now);
      return because === undefined ? [] : [because];
    },
    restore(now, [resource = '', ...units]) {
      machine.restore({ resource, units, state: 'found', before: 30, limit: 2 }, now);
      return [];
    },
    tick: (now) => machine.tick(now).map(loopLine),
    damped: () => machine.damped.map(loopLine),
  };
}

const R = ['notice/welcome.md'];
const other = (n: number) => (n % 2 === 0 ? 'tidy' : 'pinboard');

/** Seven turns in turn, 2 s apart; the last at 12 s. */
function fight(loops: Loops): void {
  for (let n = 0; n <= 6; n++) loops.granted(R, other(n), n * 2000, n * 2000);
}
const FOUGHT = 12_000;

describe('units that undo each other', () => {
  transcript(new URL('loops.txt', import.meta.url), loops);

  it('are not found in one unit alone, however often it has its turn', () => {
    const loops = new Loops();
    for (let n = 0; n < 50; n++) assert.deepEqual(loops.granted(R, 'tidy', n * 100, n * 100), []);
  });

  it('are hardly ever found in units that use the same thing independently', () => {
    // uniform numbers in [0, 1), always the same (Park and Miller)
    let seed = 7;
    const uniform = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    let alarms = 0;
    for (let run = 0; run < 100; run++) {
      const loops = new Loops();
      let now = 0;
      for (let n = 0; n < 300; n++) {
        now -= Math.log(1 - uniform()) * 2000;
        alarms += loops.granted(R, other(uniform() < 0.5 ? 0 : 1), now, now).length;
      }
    }
    assert.ok(alarms <= 4, `${alarms} alarms in 100 runs of ten minutes`);
  });

  it('have at most two turns a minute, however they ask, and each unit gets its own', () => {
    const asks = fc.array(
      fc.record({ unit: fc.constantFrom('tidy', 'pinboard', 'third'), later: fc.integer({ min: 1, max: 9000 }) }),
      {
        minLength: 150,
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(asks, (list) => {
        const loops = new Loops();
        fight(loops);
        let now = FOUGHT;
        const turns: { unit: string; at: number }[] = [];
        for (const { unit, later } of list) {
          now += later;
          if (loops.hold(R, unit, now).wait > 0) continue;
          loops.granted(R, unit, now, now);
          turns.push({ unit, at: now });
        }
        for (const [n, turn] of turns.entries()) assert.ok(turn.at - (turns[n - 1]?.at ?? FOUGHT) >= APART);
        assert.ok(turns.length > 3);
        assert.ok(new Set(turns.map((turn) => turn.unit)).size > 1, 'one unit took every turn');
      }),
      { numRuns: 50 },
    );
  });
});
