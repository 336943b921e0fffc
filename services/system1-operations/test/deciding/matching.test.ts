import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bySpecificity, matches, type Unit, Units } from '@vsmcp/vsm';
import fc from 'fast-check';
import { buildIndex, type Match } from '../../src/deciding/matching.js';

const units = (given: unknown) => Object.entries(Units.parse(given));

test('given overlapping units, when an event comes, then the most specific unit and response win', () => {
  const index = buildIndex(
    units({
      desk: { absorbs: 'file.#', responses: { 'file.md': 'noted', 'file.*': 'wanted' } },
      backups: { responses: { 'file.ok': 'noted' } },
      rest: { absorbs: '#' },
    }),
  );
  assert.deepEqual(index.match('file.md'), { unit: 'desk', pattern: 'file.md', response: 'noted' });
  assert.deepEqual(index.match('file.cron'), { unit: 'desk', pattern: 'file.*', response: 'wanted' });
  assert.deepEqual(index.match('file.a.b'), { unit: 'desk' });
  assert.deepEqual(index.match('file.ok'), { unit: 'backups', pattern: 'file.ok', response: 'noted' });
  assert.deepEqual(index.match('host.load'), { unit: 'rest' });
});

test('given no unit that absorbs it, when an event comes, then there is no match', () => {
  assert.equal(buildIndex(units({ desk: { absorbs: 'file.#' } })).match('host.load'), undefined);
});

test('given a unit that absorbs a type exactly, when another only has a broader response, then the first is asked and has none', () => {
  const index = buildIndex(units({ a: { absorbs: 'file.md' }, b: { responses: { 'file.*': 'noted' } } }));
  assert.deepEqual(index.match('file.md'), { unit: 'a' });
});

const word = fc.constantFrom('a', 'b', 'c');
const pattern = fc
  .array(fc.oneof(word, fc.constantFrom('*', '#')), { minLength: 1, maxLength: 4 })
  .map((w) => w.join('.'));
const unit = fc.record({
  absorbs: fc.array(pattern, { maxLength: 2 }),
  responses: fc.dictionary(pattern, fc.constantFrom('noted' as const, 'wanted' as const), { maxKeys: 2 }),
});

test('property: the trie finds what a search through all patterns finds', () => {
  const type = fc.array(word, { minLength: 1, maxLength: 5 }).map((w) => w.join('.'));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 4 }), type, (given, key) => {
      const named = given.map((u, i): [string, Unit] => [`u${i}`, { ...u, weight: 1, minimum: 0 }]);
      assert.deepEqual(buildIndex(named).match(key), searched(named, key));
    }),
  );
});

test('property: units put in, changed and taken out leave what building it from the rest gives', () => {
  const type = fc.array(word, { minLength: 1, maxLength: 4 }).map((w) => w.join('.'));
  const change = fc.tuple(fc.constantFrom('u0', 'u1', 'u2'), fc.option(unit, { nil: undefined }));
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), type, (changes, key) => {
      const index = buildIndex([]);
      const left = new Map<string, Unit>();
      for (const [name, given] of changes) {
        const made = given && { ...given, weight: 1, minimum: 0 };
        index.set(name, made);
        if (made === undefined) left.delete(name);
        else left.set(name, made);
      }
      assert.equal(index.units, left.size);
      assert.deepEqual(index.match(key), searched([...left], key));
    }),
  );
});

function searched(named: readonly [string, Unit][], key: string): Match | undefined {
  const all = named.flatMap(([name, { absorbs = [], responses }]) => [
    ...absorbs.map((pattern) => ({ pattern, unit: name })),
    ...Object.entries(responses).map(([pattern, response]) => ({ pattern, unit: name, response })),
  ]);
  const order = (a: { pattern: string; unit: string }, b: { pattern: string; unit: string }) =>
    bySpecificity(a.pattern, b.pattern) || a.unit.localeCompare(b.unit);
  const [first] = all.filter((e) => matches(e.pattern, key)).sort(order);
  if (first === undefined) return undefined;
  const [answer] = all.filter((e) => e.unit === first.unit && 'response' in e && matches(e.pattern, key)).sort(order);
  return answer === undefined ? { unit: first.unit } : { ...answer, unit: first.unit };
}

test('ten thousand units are no obstacle: only the nodes on the way are visited', () => {
  const many = Array.from({ length: 10_000 }, (_, n): [string, Unit] => [
    `u${n}`,
    { absorbs: [`area${n}.#`], responses: { [`area${n}.*.ok`]: 'noted' }, weight: 1, minimum: 0 },
  ]);
  const index = buildIndex(many);
  assert.equal(index.units, 10_000);
  assert.deepEqual(index.match('area7777.x.ok'), { unit: 'u7777', pattern: 'area7777.*.ok', response: 'noted' });
});
