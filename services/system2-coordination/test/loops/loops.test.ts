import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { APART, LIMIT, Loops, QUIET } from '../../src/loops/loops.js';

const R = ['notice/welcome.md'];
const units = ['tidy', 'pinboard'] as const;

const other = (n: number) => units[n % 2 === 0 ? 0 : 1];

/** Seven turns in turn, 2 s apart: 30 a minute; the last at 12 s. */
function fight(loops: Loops, start = 0) {
  let found = loops.granted(R, units[0], start, start);
  for (let n = 1; n <= 6; n++) found = loops.granted(R, other(n), start + n * 2000 - 10, start + n * 2000);
  return found;
}
const FOUGHT = 12_000;

describe('loops', () => {
  it('two units that answer each other six times are a loop, with their rate', () => {
    assert.deepEqual(fight(new Loops()), [
      { resource: R[0], units: ['tidy', 'pinboard'], state: 'found', before: 30, limit: LIMIT },
    ]);
  });

  it('one unit alone, however often, and turns spread over more than a minute are none', () => {
    const loops = new Loops();
    for (let n = 0; n < 50; n++) assert.deepEqual(loops.granted(R, 'tidy', n * 100, n * 100), []);
    for (let n = 0; n < 20; n++)
      assert.deepEqual(loops.granted(R, other(n), 60_000 + n * 20_000, 60_000 + n * 20_000), []);
  });

  it('units that queue for the same thing are none, however regularly they change hands', () => {
    const loops = new Loops();
    // each asks for its next turn while the other has not even begun its own
    for (let n = 0; n < 50; n++) assert.deepEqual(loops.granted(R, other(n), n * 100 - 150, n * 100), []);
  });

  it('units that use the same thing independently are hardly ever taken for one', () => {
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

  it('a ring of three that undo each other is a loop', () => {
    const loops = new Loops();
    const ring = ['a', 'b', 'c'];
    const found = Array.from({ length: 7 }, (_, n) => loops.granted(R, ring[n % 3] ?? '', n * 1000, n * 1000)).flat();
    assert.deepEqual(found[0]?.units, ring);
  });

  it('a damped resource holds back, and says so once', () => {
    const loops = new Loops();
    fight(loops);
    const first = loops.hold(R, 'pinboard', FOUGHT + 1000);
    assert.deepEqual([first.wait, first.fresh, first.damped[0]?.state], [APART - 1000, true, 'damped']);
    const again = loops.hold(R, 'pinboard', FOUGHT + 2000);
    assert.deepEqual([again.wait, again.fresh, again.damped], [APART - 2000, false, []]);
    assert.equal(loops.hold(R, 'tidy', FOUGHT + 2000).wait, 2 * APART - 2000, 'the next turn is after that');
    assert.equal(loops.hold(R, 'pinboard', FOUGHT + APART).wait, 0);
    assert.equal(loops.hold(['other'], 'pinboard', FOUGHT + 2000).wait, 0);
  });

  it('is settled after two quiet minutes, and not while somebody still asks', () => {
    const loops = new Loops();
    fight(loops);
    loops.hold(R, 'tidy', 100_000);
    assert.deepEqual(loops.tick(100_000 + QUIET - 1), []);
    assert.equal(loops.tick(100_000 + QUIET)[0]?.state, 'settled');
    assert.deepEqual(loops.damped, []);
    assert.equal(loops.hold(R, 'tidy', 300_000).wait, 0);
    assert.equal(fight(loops, 400_000)[0]?.state, 'found', 'it can come again');
  });

  it('whose purpose comes first is let through, the others yield, and it settles as any other', () => {
    const loops = new Loops();
    for (let n = 0; n < 7; n++) loops.granted(['welcome'], n % 2 ? 'a' : 'b', 1000 * n, 1000 * n);
    assert.equal(loops.prefer('welcome', { unit: 'c', because: 'x', by: 'ann' }), undefined, 'it is not between them');
    const told = loops.prefer('welcome', { unit: 'a', because: 'it is the law', by: 'ann' });
    assert.deepEqual([told?.state, told?.first?.unit], ['damped', 'a']);
    assert.equal(loops.yields(['welcome'], 'b', 8000), 'the purpose of a comes first on welcome: it is the law (ann)');
    assert.equal(loops.yields(['welcome'], 'a', 8000), undefined);
    assert.equal(loops.yields(['welcome'], 'd', 8000), undefined, 'who is no part of it yields to nobody');
    assert.equal(loops.yields(['other'], 'b', 8000), undefined);
    assert.equal(loops.hold(['welcome'], 'a', 8000).wait, 0);
    assert.deepEqual(
      loops.tick(8000 + QUIET).map(({ state }) => state),
      ['settled'],
    );
  });

  it('a new leader goes on damping', () => {
    const loops = new Loops();
    const [loop] = fight(new Loops());
    assert.ok(loop);
    loops.restore(loop, 0);
    assert.equal(loops.hold(R, 'tidy', 1).wait, APART - 1);
  });

  it('however they ask, at most two turns a minute, and each unit gets its own', () => {
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
