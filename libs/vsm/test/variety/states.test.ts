import assert from 'node:assert/strict';
import { test } from 'node:test';
import { varietyInStates } from '@vsmcp/vsm';
import fc from 'fast-check';

const none = { types: 0, events: 0, absorbed: 0 };

test('given two kinds answered and one waiting, then the gap is one state', () => {
  const v = varietyInStates(
    [
      { events: 40, absorbed: 40 },
      { events: 30, absorbed: 30 },
      { events: 3, absorbed: 0 },
    ],
    none,
  );
  assert.equal(v.required, 3);
  assert.equal(v.available, 2);
  assert.equal(v.gap, 1);
  assert.equal(v.answered, 70 / 73);
});

test('given nothing, then nothing is claimed', () => {
  const v = varietyInStates([], none);
  assert.equal(v.answered, null);
  assert.equal(v.coverage, null);
  assert.ok('unknown' in v.bits);
});

test('given a type that still waits without events in the window, then it is required and not available', () => {
  const v = varietyInStates([{ events: 0, absorbed: 0 }], none);
  assert.deepEqual([v.required, v.available, v.gap, v.answered], [1, 0, 1, null]);
});

test('given much that could not be told apart, then its types and events count, and no entropy is said', () => {
  const v = varietyInStates([{ events: 50, absorbed: 50 }], { types: 100, events: 150, absorbed: 0 });
  assert.deepEqual([v.seen, v.available, v.answered, v.coverage], [101, 1, 0.25, null]);
  assert.match(JSON.stringify(v.bits), /150 of 200 events/);
});

test('required = available + gap, and available never exceeds the types seen', () => {
  const fate = fc.nat(30).chain((events) => fc.record({ events: fc.constant(events), absorbed: fc.nat(events) }));
  fc.assert(
    fc.property(fc.array(fate), fate, fc.nat(5), (fates, beyond, types) => {
      const v = varietyInStates(fates, { ...beyond, types });
      assert.ok(Math.abs(v.required - v.available - v.gap) < 1e-9);
      assert.ok(v.available <= v.seen + 1e-9);
      assert.ok(v.answered === null || (v.answered >= 0 && v.answered <= 1));
    }),
  );
});
