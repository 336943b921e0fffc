import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CloudEvent, PARTITION_QUEUES, partitionHeaders, partitionKeyIn, partitionOf, QUEUES } from '@vsmcp/vsm';
import fc from 'fast-check';

const event = (partitionkey?: unknown): CloudEvent => ({
  specversion: '1.0',
  id: '1',
  source: '/a',
  type: 'a.b',
  ...(partitionkey !== undefined && { partitionkey }),
});

test('a message is kept in order by its header, in either spelling', () => {
  assert.equal(partitionKeyIn({ 'cloudEvents:partitionkey': 'k' }), 'k');
  assert.equal(partitionKeyIn({ cloudEvents_partitionkey: 7 }), '7');
  assert.equal(partitionKeyIn({ partitionkey: 'k' }), undefined);
  assert.deepEqual(partitionHeaders(event('k')), { 'cloudEvents:partitionkey': 'k' });
  assert.deepEqual(partitionHeaders(event()), {});
});

test('a key has one partition, and keys are spread', () => {
  fc.assert(fc.property(fc.string(), (key) => QUEUES[partitionOf(key)].owner === 's1'));
  const used = new Set(Array.from({ length: 1000 }, (_, i) => partitionOf(`key-${i}`)));
  assert.equal(used.size, PARTITION_QUEUES.length);
});
