import assert from 'node:assert/strict';
import { test } from 'node:test';
import { celEnv, isCelError, isCelList, isCelMap, isCelUint, parse, plan } from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { compileExpression } from '../../src/expressions.js';

/**
 * Expressions as units have them, over data as events have it, judged by another implementation of the specification.
 */
const DATA = {
  name: 'note-1.md',
  text: 'Ärger um 9 Uhr\nund 10',
  n: 3,
  half: 0.5,
  none: null,
  tags: ['a', 'b', 'c'],
  items: [
    { id: 1, price: 2.5 },
    { id: 2, price: 10 },
  ],
  of: { used: 7, free: 3 },
  at: '2026-03-29T00:59:59.25Z',
};

const EXPRESSIONS = [
  'data.name + "@" + string(data.of.used)',
  'data.name.endsWith(".md") && data.n > 2.0',
  'data.tags.exists(t, t == "b") || data.missing',
  'data.missing == 1.0 || data.n == 3.0',
  'data.items.filter(i, i.price > 3.0).map(i, i.id)',
  'data.items.all(i, i.price < 11.0)',
  'data.tags.exists_one(t, t > "b")',
  'data.of.map(k, k).size()',
  'data.of.exists_one(k, k == "used")',
  '"used" in data.of && !("x" in data.of)',
  'has(data.of.used) && !has(data.of.x)',
  'data.none == null',
  'size(data.text)',
  'data.text.matches("[0-9]+ Uhr")',
  'data.text.matches("^und")',
  'data.text.matches("(?m)^und")',
  'data.text.contains("rger")',
  'int(data.half)',
  'int("007")',
  'int("1_000")',
  'uint("18446744073709551615") > 1u',
  'double("1e3") + data.half',
  'data.n / 2.0',
  '7 / 2',
  '-7 % 3',
  '[1, 2] + [3]',
  'data.tags[1] + data.tags[0]',
  'data.tags[9]',
  '{"a": data.n, "b": [data.half]}',
  'timestamp(data.at).getFullYear()',
  'timestamp(data.at).getHours("Europe/Berlin")',
  'timestamp(data.at).getDayOfYear()',
  'timestamp(data.at) + duration("1.25s") == timestamp("2026-03-29T01:00:00.5Z")',
  'timestamp(data.at) < timestamp("2026-03-29T01:00:00Z")',
  'timestamp(data.name)',
  'duration("90m").getHours()',
  'duration("1m30s").getMilliseconds()',
  'string(duration("90s"))',
  'data.n > 2.0 ? "many" : "few"',
  'type(data.n) == double && type(data.none) == null_type',
  'data.name.replace("-", "_").upperAscii()',
  'data.name.charAt(4)',
  'string(data.half) + string(true) + string(1)',
  '"\\u00c4" == "Ä" && r"\\d" == "\\\\d"',
  'bytes("Ä") == b"\\303\\204"',
  'dyn([]).all(e, e > 0.0)',
];

const environment = celEnv({ funcs: strings });

for (const expression of EXPRESSIONS) {
  test(`${expression} is the same for another implementation`, () => {
    const ours = outcome(() => compileExpression(expression)({ data: DATA, event: {}, results: [] }));
    const theirs = outcome(() => {
      const result = plan(environment, parse(expression))({ data: DATA });
      if (isCelError(result)) throw result;
      return jsonOf(result);
    });
    assert.deepEqual(ours, theirs);
  });
}

/** An error is the same as any other: only that there is one is specified. */
function outcome(run: () => unknown): unknown {
  try {
    return { value: run() };
  } catch {
    return { error: true };
  }
}

function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (isCelUint(value)) return Number(value.value);
  if (isCelList(value)) return [...value].map(jsonOf);
  if (isCelMap(value)) return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonOf(item)]));
  return value;
}
