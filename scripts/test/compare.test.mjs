import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareText, median, parseCompare } from '../support/compare.mjs';

test('the command line of a comparison is read, and what is wrong in it is said with the usage', () => {
  assert.deepEqual(parseCompare(['--compare', 'v0.1.0', 'signing']), { ref: 'v0.1.0', parts: ['signing'], rounds: 5 });
  assert.deepEqual(parseCompare(['bargain', 'signing', '--rounds', '3', '--compare', 'main']), {
    ref: 'main',
    parts: ['bargain', 'signing'],
    rounds: 3,
  });
  for (const [words, says] of [
    [['--compare'], /--compare wants a value/],
    [['--compare', 'main'], /which part/],
    [['--compare', 'main', 'signing', '--rounds', '0'], /whole number from 1/],
    [['--compare', 'main', 'signing', '--fast'], /no option --fast/],
  ]) {
    assert.throws(() => parseCompare(words), { message: says, usage: true });
  }
});

test('figures are paired by their names; the ratio is that of the medians, beside those of the rounds', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  const round = (...figures) => [
    { bench: 'a', figures: figures.map(([what, values]) => ({ what, unit: 'ms', values })) },
  ];
  const text = compareText({
    machine: { cpu: 'one', cores: 2, memory: '8 GiB', node: 'v20' },
    ref: 'v1',
    commit: '0123456789abcdef',
    rounds: 2,
    how: ['a: the same bench on both sides'],
    old: [round(['same', [10, 11, 12]], ['gone', [5]]), round(['same', [20]])],
    now: [round(['same', [22]], ['young', [7]]), round(['same', [10]])],
  });
  assert.match(text, /^one, 2 cores, 8 GiB, Node v20\nold: v1 \(0123456789ab\), new: this folder/);
  assert.match(text, /same +15\.5 → 16\.0 ms {2}1\.03 × \(0\.50–2\.00\)/);
  assert.match(text, /gone +5\.00 ms in old; the new side has no such figure/);
  assert.match(text, /young +7\.00 ms; the old side has no such figure/);
});
