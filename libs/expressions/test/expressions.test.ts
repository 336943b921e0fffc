import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileExpression } from '../src/expressions.js';
import type { Scope } from '../src/scope.js';

const EVENT = { type: 'file.md', id: '1' };
const scope = (data: unknown): Scope => ({ data, event: EVENT, results: [] });
const evaluate = (expression: string, data: unknown = {}) => compileExpression(expression)(scope(data));

/** Each with the data it sees and what it gives. */
const RIGHT: [expression: string, data: unknown, value: unknown][] = [
  ['int("42")', {}, 42],
  ['int(data.n)', { n: 4.9 }, 4],
  ['int(timestamp("2009-02-13T23:31:30Z"))', {}, 1234567890],
  ['timestamp("2026-02-28T23:30:00-02:00")', {}, '2026-03-01T01:30:00Z'],
  ['timestamp("2026-03-29T01:30:00Z").getHours("Europe/Berlin")', {}, 3],
  ['timestamp("2009-02-13T23:31:30Z").getDayOfMonth("+11:00")', {}, 13],
  ['duration("1h1.5s").getMilliseconds()', {}, 500],
  ['duration("1h1.5s").getSeconds()', {}, 3601],
  ['string(duration("1.50s"))', {}, '1.5s'],
  ['duration(data.wait)', { wait: '90s' }, '90s'],
  ['data.text.matches("^[[:alpha:]]+$")', { text: 'abc' }, true],
  [String.raw`data.text.matches("^\\pL+$")`, { text: 'äß' }, true],
  ['matches(data.text, "b")', { text: 'abc' }, true],
  ['[].all(e, e > 0)', {}, true],
  ['data.items.exists(e, e > 1)', { items: [1, 2] }, true],
  ['{}.exists(k, k == "a")', {}, false],
  ['[].map(e, e + 1)', {}, []],
  ['data.n > 1 ? "many" : 0', { n: 1 }, 0],
  ['data.n == 1 ? (data.a + "!") : [(1 + 2) * 3]', { n: 2, a: 'x' }, [9]],
  ['has({"a": 1}.a)', {}, true],
  ['has(({"a": {"b": 1}}).a.c)', {}, false],
  ['data.`content-type`', { 'content-type': 'text' }, 'text'],
  ['has(data.`content-type`)', {}, false],
  ['has(data.inner.`x-y`)', { inner: { 'x-y': 1 } }, true],
  ['data.a + "/" + data.constructor', { a: 'x', constructor: 'y' }, 'x/y'],
  ['data.inner.a', { inner: { a: 1, constructor: {} } }, 1],
  ['has(data.a) && data.list[0].a == 2', { a: 1, list: [{ a: 2, constructor: null }] }, true],
  ['data', { constructor: 1, toString: 2, n: 3 }, { constructor: 1, toString: 2, n: 3 }],
  ['data.text.replace("a", "b")', { text: 'banana' }, 'bbnbnb'],
  ['data.text.replace("a", "o", 1)', { text: 'banana' }, 'bonana'],
  ['data.text.charAt(1)', { text: 'añb' }, 'ñ'],
  ['data.text.lowerAscii()', { text: 'ÀB' }, 'Àb'],
  ['.5 + data.n', { n: 1 }, 1.5],
  ['"int(" + data.a + ")" // int(', { a: 'x' }, 'int(x)'],
  [`'it''s'.size() > 0 || r"\\".size() == 1`.replace("''", "\\'"), {}, true],
  ['data.n + 1', { n: 1 }, 2],
  ['b"ä" == bytes("ä")', {}, true],
];

for (const [expression, data, value] of RIGHT) {
  test(`${expression} gives ${JSON.stringify(value)}`, () => assert.deepEqual(evaluate(expression, data), value));
}

/** Each with the data it fails on and what the error says. */
const FAILS: [expression: string, data: unknown, error: RegExp][] = [
  ['int("")', {}, /"" is not an int/],
  ['int(data.text)', { text: '1e3' }, /"1e3" is not an int/],
  ['int(data.n)', { n: 1e19 }, /beyond what int holds/],
  ['timestamp("2026-02-30T00:00:00Z")', {}, /not a timestamp as RFC 3339/],
  ['timestamp(data.text)', { text: '2026-12-01' }, /not a timestamp as RFC 3339/],
  ['timestamp("2026-12-01T00:00:00Z").getHours("Mars/Base")', {}, /there is no time zone "Mars\/Base"/],
  ['timestamp("9999-12-31T23:59:59Z") + duration("1s")', {}, /not within the years/],
  ['duration("1 hour")', {}, /not a duration/],
  ['1.0 / data.n', { n: 0 }, /Infinity, which JSON cannot hold: guard against it/],
  ['{"a": [data.n / 0.0]}', { n: 0 }, /NaN, which JSON cannot hold/],
  ['{data.key: 1}', { key: 'constructor' }, /cannot have the key constructor/],
  ['{data.key: 1}', { key: 1.5 }, /a key of a map is text/],
  ['-9223372036854775807 - 2', {}, /overflow/],
  ['-(-9223372036854775808)', {}, /beyond 64 bits/],
  ['string(b"\\377")', {}, /not text in UTF-8/],
  ['data.?a', {}, /end it with \.orValue/],
  ['type(data)', {}, /a type has no JSON form/],
  ['data.text.matches(data.pattern)', { text: 'x', pattern: '(' }, /the pattern \( does not compile/],
];

for (const [expression, data, error] of FAILS) {
  test(`${expression} fails on ${JSON.stringify(data)} and says why`, () => {
    assert.throws(
      () => evaluate(expression, data),
      (thrown: unknown) => {
        assert.ok(thrown instanceof Error && 'code' in thrown);
        assert.equal(thrown.code, 'VSM_EVENT');
        assert.match(thrown.message, error);
        assert.ok(thrown.message.includes(expression), thrown.message);
        assert.match(thrown.message, /event file\.md 1/);
        assert.doesNotMatch(thrown.message, /vsm_/);
        return true;
      },
    );
  });
}

/** Refused when a unit is set, before any event. */
const REFUSED: [expression: string, error: RegExp][] = [
  ['data.a.matches("(")', /the pattern \( does not compile/],
  ['data.a.matches("(?=x)")', /does not compile as RE2 reads it/],
  ['matches(data.a, "[")', /does not compile/],
  ['nope(data.a)', /nope/],
  ['int(true)', /int\(bool\)/],
  ['vsm_int("1")', /names that begin with vsm_/],
  ['{"a": 1, "a": 2}', /the key a stands twice/],
  ['{"constructor": 1}', /cannot have the key constructor/],
  ['{null: 1}', /a key of a map is text/],
  ['`a-b` + 1', /may only stand behind a dot/],
  ['data.a && "x"', /bool/],
  ['data.a +', /expected a CEL expression/],
  ['data.a # b', /Unexpected character: #/],
];

for (const [expression, error] of REFUSED) {
  test(`${expression} is refused when it is set`, () => {
    assert.throws(() => compileExpression(expression), { code: 'VSM_CONFIG', message: error });
  });
}

test('a pattern takes time linear in the text, whatever both are', () => {
  const expression = compileExpression('data.text.matches("^(a+)+$")');
  const text = `${'a'.repeat(50_000)}b`;
  assert.equal(expression(scope({ text })), false); // a backtracking engine would not come to an end
});
