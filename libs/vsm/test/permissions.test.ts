import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CHANNEL_NAMES,
  type Channel,
  delayQueueName,
  exchangeName,
  handoverQueue,
  keysToHear,
  mayPublish,
  maySay,
  Party as Parties,
  type Party,
  permissionsOf,
  QUEUES,
  queueName,
  rightsToSay,
} from '@vsmcp/vsm';

const PATH = 'vsm.west';
const may = (party: Party) => {
  const rights = permissionsOf(PATH, party);
  const topic = (channel: Channel) => rights.topics.find(({ exchange }) => exchange === exchangeName(PATH, channel));
  return {
    configure: (name: string) => new RegExp(rights.configure).test(name),
    write: (name: string) => new RegExp(rights.write).test(name),
    read: (name: string) => new RegExp(rights.read).test(name),
    say: (channel: Channel, key: string) =>
      new RegExp(rights.write).test(exchangeName(PATH, channel)) && new RegExp(topic(channel)?.write ?? '').test(key),
    bind: (channel: Channel, key: string) =>
      new RegExp(rights.read).test(exchangeName(PATH, channel)) && new RegExp(topic(channel)?.read ?? '').test(key),
  };
};

test('each party publishes where the channel table lets it, under its own keys', () => {
  for (const party of Parties.options) {
    for (const channel of CHANNEL_NAMES) {
      assert.equal(may(party).write(exchangeName(PATH, channel)), mayPublish(party, channel), `${party} ${channel}`);
    }
  }
  assert.ok(may('s1').say('report', 's1.s1-host.load'));
  assert.ok(!may('s1').say('report', 's3.any.performance'));
  assert.ok(!may('s1').say('command', 's1.any.try'));
  assert.ok(may('s3').say('command', 's1.any.try'));
  assert.ok(!may('s3').say('command', 's4.all.acquire'));
  assert.ok(may('s5').say('command', 's4.all.acquire'));
  assert.ok(!may('s4').say('intelligence', 's5.verdict'));
  assert.ok(may('s4').say('algedonic', 'pain.s4.unit'));
  assert.ok(!may('s4').say('algedonic', 'pain.s1.unit'));
  assert.ok(may('world').say('environment', 'any.thing.at.all'));
  assert.ok(may('s1').say('retry', '30s.s1.work') && may('s1').say('retry', 'back.own.s1.s1-host.7'));
  assert.ok(!may('s2').say('retry', 'back.s3.command'));
});

test('publish checks and broker permissions say the same', () => {
  const keys = [
    'a',
    's1.any.try',
    's3.x.y',
    's4.proposal',
    'pain.s5.u',
    'claim.u',
    'grant.i',
    '1s.s1.work',
    'back.own.s4.i.q',
  ];
  for (const party of Parties.options) {
    for (const channel of CHANNEL_NAMES) {
      for (const key of keys) {
        assert.equal(may(party).say(channel, key), maySay(party, channel, key), `${party} ${channel} ${key}`);
      }
    }
  }
  assert.equal(rightsToSay('s1', 'command'), 'allowed: s3, s5');
  assert.equal(rightsToSay('s5', 'command'), 's5 speaks there under s3.*.*, s4.*.*');
});

test('a durable queue is read by its owner alone, and nobody declares or fills one', () => {
  for (const [name, { owner }] of Object.entries(QUEUES)) {
    for (const party of Parties.options) {
      const queue = queueName(PATH, name);
      assert.equal(may(party).read(queue), party === owner, `${party} reads ${queue}`);
      assert.ok(!may(party).configure(queue) && !may(party).write(queue), `${party} ${queue}`);
    }
  }
});

test('queues of one’s own are nobody else’s, and nobody has the default exchange', () => {
  for (const party of Parties.options) {
    const own = `${PATH}.own.${party}.${party}-host.7`;
    for (const other of Parties.options) {
      const all = [may(other).configure(own), may(other).write(own), may(other).read(own)];
      assert.deepEqual(all, Array(3).fill(other === party), `${other} ${own}`);
    }
    for (const name of ['', 'amq.default', 'amq.topic', 'vsm.environment', `x${exchangeName(PATH, 'environment')}`]) {
      assert.ok(!may(party).write(name) && !may(party).read(name) && !may(party).configure(name), `${party} ${name}`);
    }
  }
});

test('System 1 makes the queues of servers that come and go, with their delays', () => {
  const name = queueName(PATH, handoverQueue('memory').name);
  for (const queue of [name, delayQueueName(PATH, '1s', handoverQueue('memory').name)]) {
    for (const party of Parties.options) assert.equal(may(party).configure(queue), party === 's1', `${party} ${queue}`);
  }
  assert.ok(may('s1').bind('coordination', 'handover.memory') && may('s1').bind('retry', '1s.s1.handover.memory'));
  assert.ok(!may('s1').bind('retry', '1s.s1.work'));
});

test('one binds to what is one’s own to hear', () => {
  assert.ok(may('s1').bind('command', 's1.all.*') && !may('s1').bind('command', '#'));
  assert.ok(!may('s1').bind('command', 's3.*.*') && !may('s1').bind('intelligence', '#'));
  assert.ok(may('gateway').bind('reply', 'gateway-host') && !may('s4').bind('reply', 'gateway-host'));
  assert.ok(!may('s4').bind('reply', '*') && !may('s4').bind('reply', '#'));
  assert.ok(may('s2').bind('query', 's2.s2-host.*') && !may('s2').bind('query', 's5.any.decide'));
  assert.ok(may('world').bind('outcome', '#') && !may('world').bind('environment', '#'));
  assert.deepEqual(keysToHear('s5', 'algedonic'), ['#']);
});

test('the fleet above has what crosses its border, and nothing else', () => {
  const parent = may('parent');
  const queue = queueName(PATH, 'parent.outcome');
  for (const name of [queue, delayQueueName(PATH, '1s', 'parent.outcome')]) {
    for (const party of Parties.options)
      assert.equal(may(party).configure(name), party === 'parent', `${party} ${name}`);
  }
  assert.ok(parent.say('environment', 'shop.sale') && parent.bind('outcome', '*.shop.#'));
  assert.ok(parent.bind('metasystem', 'report') && parent.bind('metasystem', 'pain'));
  const inside: Channel[] = [
    'command',
    'report',
    'audit',
    'coordination',
    'intelligence',
    'algedonic',
    'query',
    'reply',
  ];
  for (const channel of inside) {
    assert.ok(
      !parent.say(channel, 's1.any.try') && !parent.bind(channel, '#') && !parent.bind(channel, 's1.*.*'),
      channel,
    );
    assert.ok(!parent.say(channel, 'pain.parent.x') && !parent.say(channel, 'parent'), channel);
  }
  for (const name of Object.keys(QUEUES)) assert.ok(!parent.read(queueName(PATH, name)), name);
  assert.ok(may('s5').say('metasystem', 'pain') && !may('s5').say('metasystem', 'other'));
  for (const party of Parties.options) assert.equal(may(party).say('metasystem', 'report'), party === 's5', party);
});
