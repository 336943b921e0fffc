import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GenerationalMemo } from '../src/generational-memo.js';

/** Texts of ten characters. */
const text = (n: number) => String(n).padStart(10, '0');

function counted(most: number) {
  const times = new Map<string, number>();
  const kept = new GenerationalMemo((of) => {
    times.set(of, (times.get(of) ?? 0) + 1);
    return { of };
  }, most);
  return { kept, times };
}

test('given as many texts as fit, when they are asked for over and over, then each is made twice at most and then kept', () => {
  const { kept, times } = counted(1000);
  for (let round = 0; round < 10; round++) for (let n = 0; n < 50; n++) kept.of(text(n));
  assert.equal(kept.of(text(7)), kept.of(text(7)));
  assert.deepEqual(new Set(times.values()), new Set([2]));
});

test('given what is in use, when any number of others come between, then it is kept', () => {
  const { kept, times } = counted(1000);
  for (let n = 1; n < 2000; n++) {
    kept.of(text(0));
    kept.of(text(n));
    if (n % 3 === 0) kept.of(text(n)); // some stay for a while
  }
  assert.equal(times.get(text(0)), 2);
});

test('given what was kept, when as much as the bound was kept since, then it has been let go', () => {
  const { kept, times } = counted(1000);
  for (let n = 0; n < 200; n++) for (let again = 0; again < 2; again++) kept.of(text(n));
  kept.of(text(0));
  assert.equal(times.get(text(0)), 3);
  for (let n = 0; n < 200; n++) kept.of(text(n));
  kept.of(text(199));
  assert.equal(times.get(text(199)), 2, 'the latest is still there');
});

test('given more texts than fit, when they come in turn, then none is kept', () => {
  const { kept, times } = counted(1000);
  for (let round = 0; round < 3; round++) for (let n = 0; n < 300; n++) kept.of(text(n));
  assert.deepEqual(new Set(times.values()), new Set([3]));
});

test('property: whatever was kept or let go, what is given is what was made of the text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ maxLength: 20 }), { maxLength: 200 }),
      fc.integer({ min: 1, max: 60 }),
      (texts, most) => {
        const { kept } = counted(most);
        for (const of of texts) assert.equal(kept.of(of).of, of);
      },
    ),
  );
});

test('what cannot be made is refused each time', () => {
  const kept = new GenerationalMemo((of) => {
    throw new Error(`not ${of}`);
  }, 1000);
  for (let n = 0; n < 3; n++) assert.throws(() => kept.of('a'), /^Error: not a$/);
});
