import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsOf } from '@vsmcp/vsm';
import { type Definitions, definitionsOf } from '../../src/topology/definitions.js';
import { type Difference, differences } from '../../src/topology/differences.js';
import { type BrokerUser, isHashOf } from '../../src/topology/users.js';

/** `secret`, salted with four zero bytes. */
const HASH = 'AAAAAAmpGNWh4Zb1y9OixpZ8JE04dFn6QBxU9IcgRn7sp6Ks';
const user: BrokerUser = {
  party: 's1',
  name: 'west-s1',
  password: 'secret',
  passwordHash: HASH,
  permissions: permissionsOf('vsm', 's1'),
};
const wanted = definitionsOf('vsm', '/', [user]);
const found = (change: (broker: Definitions) => void): Difference[] => {
  const broker = structuredClone(wanted);
  change(broker);
  return differences('vsm', wanted, broker, [user]);
};
const named = (list: readonly Difference[]) => list.map(({ how, what, name }) => `${how} ${what} ${name}`);

test('a broker that has all of it does not differ, whatever else it has', () => {
  assert.deepEqual(
    found((broker) => {
      const [exchange] = broker.exchanges;
      const [queue] = broker.queues;
      assert.ok(exchange && queue);
      // another virtual host, a nested fleet, an instance's own queue, a server's queue, somebody else's
      broker.exchanges.push({ ...exchange, vhost: 'other', type: 'fanout' }, { ...exchange, name: 'vsm.west.report' });
      for (const name of [
        'vsm.west.s1.work',
        'vsm.own.s1.x',
        'vsm.s1.handover.memory',
        'vsm.retry.1s.s1.handover.a',
        'mail',
      ])
        broker.queues.push({ ...queue, name });
      broker.permissions.push({ user: 'somebody', vhost: '/', configure: '', write: '', read: '' });
    }),
    [],
  );
});

test('what is missing, different or too much is named', () => {
  const list = found((broker) => {
    broker.exchanges = broker.exchanges.filter(({ name }) => name !== 'vsm.audit');
    const work = broker.queues.find(({ name }) => name === 'vsm.s1.work');
    if (work) work.arguments = { 'x-queue-type': 'classic' };
    broker.queues.push({ name: 'vsm.s1.old', vhost: '/', durable: true, auto_delete: false, arguments: {} });
    const [binding] = broker.bindings;
    if (binding)
      broker.bindings.push({ ...binding, source: 'amq.topic', destination: 'vsm.s1.work', routing_key: '#' });
    const [rights] = broker.permissions;
    if (rights) rights.write = '.*';
    broker.topic_permissions = broker.topic_permissions.filter(({ exchange }) => exchange !== 'vsm.command');
  });
  assert.deepEqual(named(list), [
    'missing exchange vsm.audit',
    'different queue vsm.s1.work',
    'extra queue vsm.s1.old',
    'extra binding amq.topic → vsm.s1.work (#)',
    'different permissions west-s1',
    'missing topic permissions west-s1 on vsm.command',
  ]);
});

test('a user with another password differs, without a word of either', () => {
  const list = found((broker) => {
    for (const each of broker.users) each.password_hash = `BBBB${HASH.slice(4)}`;
  });
  assert.deepEqual(list, [{ what: 'user', name: 'west-s1', how: 'different', found: 'another password' }]);
  assert.deepEqual(named(found((broker) => void broker.users.splice(0))), ['missing user west-s1']);
  assert.ok(isHashOf(HASH, 'secret') && !isHashOf(HASH, 'Secret'));
});
