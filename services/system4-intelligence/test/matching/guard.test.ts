import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '@vsmcp/expressions';
import fc from 'fast-check';
import { guardOf } from '../../src/matching/guard.js';
import { spoil } from '../../src/matching/spoil.js';

const guardFor = (...samples: string[]) => guardOf(['text'], samples, samples.map(spoil));

const evaluate = (expression: string, data: unknown) => compileExpression(expression)({ data, event: {}, results: [] });

test('a guard keeps the form of its samples: digits for digits, marks and spaces for themselves', () => {
  const guard = guardFor('2026-12-21 18:00:00', '2026-12-22 18:00:00');
  assert.equal(
    guard?.cel,
    String.raw`data.text.matches("^\\s*[0-9]{4}\\-[0-9]{2}\\-[0-9]{2}\\s+[0-9]{2}:[0-9]{2}:[0-9]{2}\\s*$")`,
  );
  const holds = (text: string) => evaluate(guard.cel, { text });
  assert.equal(holds('1999-01-01 00:00:00\n'), true);
  assert.equal(holds('soonish'), false);
  assert.equal(holds('2026-12-21 18:00:00 and more'), false);
});

test('samples of different forms give alternatives', () => {
  const guard = guardFor('12:30', '12:30:45');
  assert.ok(guard?.holds('00:00') && guard.holds('00:00:00') && !guard.holds('00'));
});

test('no guard where nothing tells the samples from nonsense', () => {
  assert.equal(guardFor(), undefined);
  assert.equal(guardFor(' '), undefined);
  assert.equal(guardOf(['text'], ['abc'], ['xyz']), undefined);
  assert.equal(guardFor('x'.repeat(513)), undefined);
});

const samples = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'0123456789-:/ aZ.*+()[]{}\\^$|"\n~'), minLength: 1, maxLength: 30 }),
  ),
  { minLength: 1, maxLength: 5 },
);

test('a guard accepts its samples and refuses them spoiled, as CEL too', () => {
  fc.assert(
    fc.property(samples, (texts) => {
      const guard = guardFor(...texts);
      if (guard === undefined) return;
      for (const text of texts) {
        assert.equal(evaluate(guard.cel, { text }), true);
        assert.equal(evaluate(guard.cel, { text: spoil(text) }), false);
      }
    }),
    { numRuns: 300 },
  );
});

test('a value in a notation always gets a guard', () => {
  const two = fc.integer({ min: 10, max: 59 });
  fc.assert(
    fc.property(fc.array(fc.tuple(two, two, two), { minLength: 1, maxLength: 5 }), (times) => {
      assert.ok(guardFor(...times.map((parts) => parts.join(':'))));
    }),
  );
});

test('spoiling is the same each time, and leaves no letter or digit as it was', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const spoiled = spoil(text);
      assert.equal(spoiled, spoil(text));
      assert.notEqual(spoiled, text.trim());
    }),
  );
});
