import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Drop, dayEnds, nextDrops, parseDay, type Step } from '../../src/up/day.js';

const day = (yaml: string) => parseDay('day.yaml', yaml);

function all(steps: readonly Step[], until: number): Drop[] {
  const drops: Drop[] = [];
  for (let next = nextDrops(steps, -1); next[0] && next[0].at <= until; next = nextDrops(steps, next[0].at)) {
    drops.push(...next);
  }
  return drops;
}

test('a step drops once, so many times, or until a time, and counts', () => {
  const steps = day(`
- { at: 1s, drop: once.md, text: "%n" }
- { at: 2s, every: 1s, times: 2, drop: twice-%n.md, text: "No %n" }
- { at: 0s, every: 2s, until: 4s, drop: till.ok }`);
  assert.deepEqual(all(steps, 60_000), [
    { at: 0, path: 'till.ok', text: undefined },
    { at: 1000, path: 'once.md', text: '1' },
    { at: 2000, path: 'twice-1.md', text: 'No 1' },
    { at: 2000, path: 'till.ok', text: undefined },
    { at: 3000, path: 'twice-2.md', text: 'No 2' },
    { at: 4000, path: 'till.ok', text: undefined },
  ]);
  assert.equal(dayEnds(steps), 4000);
});

test('a step without an end goes on after the day has ended', () => {
  const steps = day('- { at: 3s, every: 5s, drop: a.ok }');
  assert.equal(dayEnds(steps), 3000);
  assert.equal(nextDrops(steps, 1_000_000)[0]?.at, 1_003_000);
});

test('drops come in order, and never twice', () => {
  const step = fc.record({
    at: fc.nat(5000),
    drop: fc.constant('a-%n'),
    every: fc.integer({ min: 1, max: 3000 }),
    times: fc.integer({ min: 1, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), (steps) => {
      const drops = all(steps, Number.MAX_SAFE_INTEGER);
      assert.equal(
        drops.length,
        steps.reduce((sum, { times }) => sum + times, 0),
      );
      assert.ok(drops.every((drop, i) => i === 0 || drop.at >= (drops[i - 1]?.at ?? 0)));
      assert.equal(Math.max(0, ...drops.map(({ at }) => at)), dayEnds(steps));
    }),
  );
});

test('what is no day says what is wrong where', () => {
  assert.throws(() => day('- { at: 1s, drop: ../vsmcp.yaml }'), /day\.yaml.*below the folder/s);
  assert.throws(() => day('- { at: soon, drop: a }'), /a duration such as/);
  assert.throws(() => day('- { at: 1s, drop: a, until: 3s }'), /need `every`/);
  assert.throws(() => day('- { at: 1s, dorp: a }'), { code: 'VSM_CONFIG' });
});

test('the day of the sample is one', () => {
  const steps = parseDay('desk/day.yaml', readFileSync(new URL('../../../../desk/day.yaml', import.meta.url), 'utf8'));
  assert.ok(dayEnds(steps) > 100_000);
});
