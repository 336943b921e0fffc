import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CloudEvent } from '@vsmcp/vsm';
import fc from 'fast-check';
import { compileExpression } from '../src/expressions.js';
import { argumentsOf, MAX_ARGUMENT_BYTES, mappingOf, scopeOf } from '../src/mapping.js';

const event: CloudEvent = {
  specversion: '1.0',
  id: 'e1',
  source: '/here',
  type: 'host.load',
  time: '2026-01-02T03:04:05Z',
  data: { used: 42, of: 100, share: 0.5, name: 'a.md', tags: ['x', 'y'], big: 2 ** 40, none: null },
};
const scope = scopeOf(event, [{ text: 'first' }]);
const of = (expression: string) => compileExpression(expression)(scope);

test('expressions see data, event and results', () => {
  assert.equal(of('data.name + "@" + event.type'), 'a.md@host.load');
  assert.equal(of('results[0].text'), 'first');
  assert.deepEqual(of('[data.name]'), ['a.md']);
});

test('numbers of JSON print and reckon as they look', () => {
  assert.equal(of('string(data.used)'), '42');
  assert.equal(of('string(data.big)'), '1099511627776');
  assert.equal(of('data.used + 1'), 43);
  assert.equal(of('1 - data.share'), 0.5);
  assert.equal(of('data.used / data.of'), 0.42);
  assert.equal(of('data.used > 40 && data.used == 42'), true);
  assert.deepEqual(of('[data.used, "text", 1]'), [42, 'text', 1]);
  assert.equal(of('size(data.tags)'), 2);
});

test('given a tree, when it is compiled, then only leaves that begin with = are expressions', () => {
  const tree = { a: '=data.name', b: ['plain', '= data.used', { c: 'x=y' }], d: 5, e: null, f: true };
  const made = { a: 'a.md', b: ['plain', 42, { c: 'x=y' }], d: 5, e: null, f: true };
  assert.deepEqual(mappingOf(tree)(scope), made);
});

test('given a mapping whose expressions were let go, when its event comes, then it makes and says the same', () => {
  const mapping = mappingOf({ name: '=data.name + "@" + event.id', at: ['=data.used + 1', '=data.missing'] });
  const fine = mappingOf({ name: '=data.name + "@" + event.id' });
  const others = Array.from({ length: 6000 }, (_, n) => `data.used + ${n} + ${n}`);
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(fine(scope), { name: 'a.md@e1' });
    assert.throws(() => mapping(scope), { code: 'VSM_EVENT', message: /^data\.missing: .*host\.load e1/ });
    for (const other of others) for (let again = 0; again < 2; again++) mappingOf(`=${other}`);
  }
});

test('given a tree with an expression that does not compile, when it is read, then it is refused before any event', () => {
  assert.throws(() => mappingOf({ a: ['=1', { b: '=1 +' }] }), { code: 'VSM_CONFIG', message: /^1 \+: / });
});

test('an expression that fails at an event names both', () => {
  assert.throws(() => of('data.missing'), /data\.missing.*host\.load e1/);
});

test('an expression that does not compile is refused with what is wrong', () => {
  assert.throws(() => compileExpression('1 +'), { code: 'VSM_CONFIG' });
  assert.throws(() => compileExpression('datta.name'), { code: 'VSM_CONFIG', message: /datta/ });
});

test('what has no JSON form is refused', () => {
  assert.throws(() => of('type(1)'), /no JSON form/);
});

test('given arguments beyond the bound, when they are made, then the event is told to be mapped smaller', () => {
  const wide = { ...event, data: { text: 'x'.repeat(MAX_ARGUMENT_BYTES / 2) } };
  const twice = mappingOf({ a: '=data.text', b: '=data.text' });
  assert.throws(
    () => argumentsOf(twice, scopeOf(wide)),
    /^VsmError: data\.text makes \d+ bytes: .*host\.load e1.*at most/,
  );
});

test('an expression that is too long to be one is refused, with its beginning', () => {
  const long = Array.from({ length: 3000 }, (_, n) => n).join(' + ');
  assert.throws(
    () => compileExpression(long),
    (error: Error) => /^0 \+ 1 .*…: /.test(error.message) && error.message.length < 500,
  );
});

test('an expression that would look through too much is refused at the event, and names both', () => {
  const list = (length: number) => Array.from({ length }, (_, n) => n);
  const nested = compileExpression('data.a.exists(x, data.b.exists(y, x == y))');
  const short = scopeOf({ ...event, data: { a: list(3), b: list(300) } });
  assert.equal(nested(short), true);
  const long = scopeOf({ ...event, data: { a: list(3), b: list(3000) } });
  assert.throws(
    () => nested(long),
    /^VsmError: data\.a\.exists.*: 3000 elements, looked through in 2 nested steps.*host\.load e1/,
  );
  assert.deepEqual(
    compileExpression('data.a.map(x, x + 1).filter(x, x > 2)')(long),
    [3],
    'one after the other is not nested',
  );
  const words = compileExpression('data.text.split(",").map(w, size(w))');
  assert.throws(() => words(scopeOf({ ...event, data: { text: 'a,'.repeat(60_000) } })), /120000 elements/);
  assert.equal(
    compileExpression('size(data.text)')(scopeOf({ ...event, data: { text: 'a'.repeat(200_000) } })),
    200_000,
  );
});

test('property: data passes through a mapping unchanged', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (data) => {
      const through = compileExpression('data')(scopeOf({ ...event, data }));
      assert.equal(JSON.stringify(through), JSON.stringify(data ?? null));
    }),
  );
});
