import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setBounded } from '../src/index.js';

const map = new Map([
  ['a', 1],
  ['b', 2],
]);

test('past the bound the oldest goes; what is set again is the newest', () => {
  assert.deepEqual([...setBounded(map, 'c', 3, 2).keys()], ['b', 'c']);
  assert.deepEqual(
    [...setBounded(map, 'a', 4, 2)],
    [
      ['b', 2],
      ['a', 4],
    ],
  );
  assert.equal(map.size, 2);
});

test('only what may go goes, even past the bound', () => {
  assert.deepEqual([...setBounded(map, 'c', 3, 2, (value) => value === 2).keys()], ['a', 'c']);
  assert.deepEqual([...setBounded(map, 'c', 3, 2, () => false).keys()], ['a', 'b', 'c']);
});
