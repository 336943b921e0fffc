import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkConfig } from '../../src/index.js';

const problems = (yaml: string, path?: string) => {
  const checked = checkConfig(yaml, {}, path);
  return checked.ok ? [] : checked.problems.map(({ line, message }) => `${line} ${message}`);
};

test('a unit may be a fleet: by its file, or by its path and broker', () => {
  const yaml = `
units:
  west: { system: ./west.yaml, absorbs: shop.#, wait: 5m, gateway: 4011 }
  east: { system: { path: vsm.east, broker: { from: EAST } }, absorbs: [east.#] }
  south: { system: { path: south, broker: amqp://south:5672/south }, absorbs: south.# }`;
  assert.deepEqual(problems(yaml), []);
});

test('a fleet that would be above itself is refused, with its line', () => {
  assert.match(
    problems('units:\n  me:\n    absorbs: a.#\n    system: { path: vsm }').join(),
    /^4 got path 'vsm', which is this fleet's own, expected another: fleets form no circle/,
  );
  const inner = 'units:\n  up: { absorbs: a.#, system: { path: vsm } }';
  assert.match(
    problems(inner, 'vsm.west').join(),
    /^2 got path 'vsm', which is that of a fleet above this one \(vsm\.west\)/,
  );
  assert.match(problems('path: vsm', 'vsm.west').join(), /^1 got 'vsm', expected 'vsm\.west' or none/);
  assert.deepEqual(problems('path: vsm.west', 'vsm.west'), []);
});

test('what makes no sense for a system, or without one, is refused', () => {
  assert.match(problems('units:\n  west: { system: ./west.yaml }').join(), /expected absorbs/);
  const answering = 'units:\n  west: { system: ./w.yaml, absorbs: a.#, responses: { a.b: noted } }';
  assert.match(problems(answering).join(), /got a response, expected none/);
  const twice = `units:\n  a: { system: { path: x }, absorbs: a.# }\n  b: { system: { path: x }, absorbs: b.# }`;
  assert.match(problems(twice).join(), /got path 'x', which unit 'a' has too/);
  assert.match(problems('units:\n  a: { absorbs: a.#, wait: 5m }').join(), /only a unit with a system/);
  assert.match(problems('units:\n  a: { absorbs: a.#, system: { path: x }, gateway: 1 }').join(), /got a port/);
  assert.match(problems('units:\n  a: { absorbs: a.#, system: west }').join(), /expected a file such as/);
});
