import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CHANNEL_NAMES,
  durableTopology,
  handoverQueue,
  PARTITION_HEADERS,
  PARTITION_QUEUES,
  QUEUES,
  RETRY_DELAYS,
  type Topology,
  topology,
} from '@vsmcp/vsm';

const whole = topology('vsm.west');
const queue = (name: string) => whole.queues.find((q) => q.name === `vsm.west.${name}`)?.arguments;

function boundTo({ bindings }: Topology, to: string): string[] {
  return bindings.filter(({ exchange }) => exchange === to).map((b) => b.queue);
}

test('one exchange a channel; commands that nobody takes go to the dead', () => {
  const open = whole.exchanges.filter(({ internal }) => !internal);
  assert.deepEqual(
    open.map((e) => e.name),
    CHANNEL_NAMES.map((channel) => `vsm.west.${channel}`),
  );
  const alternates = open.filter((e) => Object.keys(e.arguments).length > 0);
  const arguments_ = { 'alternate-exchange': 'vsm.west.dead' };
  assert.deepEqual(alternates, [{ name: 'vsm.west.command', type: 'topic', internal: false, arguments: arguments_ }]);
});

test('all it binds is declared, each name once, and the dead have their queue first', () => {
  const exchanges = new Set(whole.exchanges.map((e) => e.name));
  const queues = new Set(whole.queues.map((q) => q.name));
  assert.equal(queues.size, whole.queues.length);
  for (const binding of whole.bindings) {
    assert.ok(exchanges.has(binding.exchange), binding.exchange);
    assert.ok(queues.has(binding.queue), binding.queue);
  }
  assert.equal(whole.queues[0]?.name, 'vsm.west.s1.dead');
  for (const name of Object.keys(QUEUES)) assert.ok(queue(name), name);
});

test('what stands behind the environment parts events with a partition key from the others', () => {
  const arrival = whole.exchanges.find(({ name }) => name === 'vsm.west.arrival');
  assert.equal(arrival?.type, 'headers');
  assert.equal(arrival.arguments['alternate-exchange'], 'vsm.west.unordered');
  assert.deepEqual(boundTo(whole, 'vsm.west.unordered'), ['vsm.west.s1.work']);
  assert.deepEqual(boundTo(whole, 'vsm.west.environment'), [], 'nothing takes past it');
  for (const [header, name] of Object.entries(PARTITION_HEADERS)) {
    const exchange = whole.exchanges.find((e) => e.name === `vsm.west.${name}`);
    assert.deepEqual([exchange?.type, exchange?.arguments], ['x-consistent-hash', { 'hash-header': header }]);
    assert.deepEqual(
      boundTo(whole, `vsm.west.${name}`),
      PARTITION_QUEUES.map((queue) => `vsm.west.${queue}`),
    );
  }
  assert.equal(queue('s1.ordered.7')?.['x-single-active-consumer'], true);
  const at = (exchange: string) => whole.exchanges.findIndex(({ name }) => name === exchange);
  for (const { from, to } of whole.exchangeBindings)
    assert.ok(at(to) < at(from), 'declared before anything passes on to it');
});

test('a broker that cannot hash has one partition for all', () => {
  const plain = topology('vsm.west', QUEUES, { hash: false });
  for (const name of Object.values(PARTITION_HEADERS)) {
    assert.equal(plain.exchanges.find((e) => e.name === `vsm.west.${name}`)?.type, 'fanout');
    assert.deepEqual(boundTo(plain, `vsm.west.${name}`), ['vsm.west.s1.ordered.0']);
  }
});

test('work is a quorum queue that loses nothing and gives poison up', () => {
  assert.deepEqual(queue('s1.work'), {
    'x-queue-type': 'quorum',
    'x-delivery-limit': 20,
    'x-dead-letter-exchange': 'vsm.west.dead',
    'x-dead-letter-strategy': 'at-least-once',
    'x-overflow': 'reject-publish',
  });
  assert.equal(queue('s1.dead')?.['x-dead-letter-exchange'], undefined);
  assert.deepEqual(queue('s1.query'), {
    'x-queue-type': 'classic',
    'x-max-length': 10_000,
    'x-overflow': 'drop-head',
    'x-message-ttl': 30_000,
  });
});

test('what comes back later waits in a queue of one delay, and goes straight back to its work queue', () => {
  const { queue: server } = handoverQueue('memory');
  const { queues, bindings } = durableTopology('vsm', 's1.handover.memory', server);
  assert.equal(queues.length, 1 + Object.keys(RETRY_DELAYS).length);
  assert.deepEqual(queues[1], {
    name: 'vsm.retry.1s.s1.handover.memory',
    arguments: {
      'x-queue-type': 'quorum',
      'x-message-ttl': 1000,
      'x-dead-letter-exchange': 'vsm.retry',
      'x-dead-letter-routing-key': 'back.s1.handover.memory',
      'x-dead-letter-strategy': 'at-least-once',
      'x-overflow': 'reject-publish',
    },
  });
  assert.deepEqual(bindings.slice(0, 3), [
    { exchange: 'vsm.coordination', queue: 'vsm.s1.handover.memory', key: 'handover.memory' },
    { exchange: 'vsm.retry', queue: 'vsm.s1.handover.memory', key: 'back.s1.handover.memory' },
    { exchange: 'vsm.retry', queue: 'vsm.retry.1s.s1.handover.memory', key: '1s.s1.handover.memory' },
  ]);
});
