import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantile } from '../../src/lab/figures.js';
import { journalCsv } from '../../src/lab/show/csv.js';
import { plot } from '../../src/lab/show/plot.js';
import { sparkline, thinned, topOf } from '../../src/lab/show/series.js';

test('a quantile is the nearest rank', () => {
  assert.equal(quantile([1, 2, 3, 4], 0.5), 2);
  assert.equal(quantile([1, 2, 3, 4], 0.99), 4);
  assert.equal(quantile([7], 0.5), 7);
});

test('a long series is drawn in few steps, each the mean of what it stands for; what is not known is left open', () => {
  assert.deepEqual(thinned([1, 3, null, null, 5, null], 3), [2, null, 5]);
  assert.equal(sparkline([0, 7, null, 14], 14), '▁▅ █');
  assert.equal(sparkline([0, 0], 0), '▁▁');
  assert.equal(topOf([1, null], [3]), 3);
});

test('a plot is well-formed SVG, whatever its words, and its line breaks where nothing is known', () => {
  const svg = plot('a < b & c', 7_200_000, [
    { label: 'the whole', series: [{ name: 'gap', unit: 'kinds', values: [0, 1, null, 2] }] },
    { label: 'without s2', series: [{ name: 'gap', unit: 'kinds', values: [0, 0, 0, 4] }] },
  ]);
  assert.match(svg, /<title>a &lt; b &amp; c<\/title>/);
  assert.equal(svg.match(/<path /g)?.length, 2);
  const [first] = /d="([^"]*)"/.exec(svg)?.slice(1) ?? [];
  assert.equal(first?.match(/M/g)?.length, 2);
  assert.doesNotMatch(svg, /NaN|undefined/);
});

test('the journal as CSV is in the order of time and quotes what must be', () => {
  const entry = { system: 's5', epoch: 1, seq: 1, type: 'a', cause: null, hash: 'h' };
  const csv = journalCsv([
    { ...entry, at: 2, data: { text: 'x,"y"' } },
    { ...entry, at: 1, data: null },
  ]);
  assert.equal(
    csv,
    'at,system,epoch,seq,type,cause,data,hash\r\n1,s5,1,1,a,,null,h\r\n2,s5,1,1,a,,"{""text"":""x,\\""y\\""""}",h\r\n',
  );
});
