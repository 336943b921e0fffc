import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { priorityOf, Shedding } from '../../src/attenuation/shedding.js';

const event = (more: object = {}) => ({ specversion: '1.0' as const, id: '1', source: '/a', type: 'a.b', ...more });
const at = (now: number, most = 2) => ({ most, delay: 1000, now });

test('priority: the response’s word, then the event’s own, then the usual one', () => {
  assert.equal(priorityOf(event({ priority: 8 }), 2), 2);
  assert.equal(priorityOf(event({ priority: 8 }), undefined), 8);
  assert.equal(priorityOf(event({ priority: '7' }), undefined), 7);
  for (const priority of [undefined, 10, -1, 2.5, 'urgent'])
    assert.equal(priorityOf(event({ priority }), undefined), 5);
});

test('given a full queue, when a less important event comes, then it is shed', () => {
  const shedding = new Shedding();
  assert.equal(shedding.turnedAway('u', 'a', 5, at(0)), undefined);
  assert.equal(shedding.turnedAway('u', 'b', 5, at(1)), undefined);
  assert.match(shedding.turnedAway('u', 'c', 4, at(2)) ?? '', /more events wait for unit u/);
  assert.match(shedding.turnedAway('u', 'd', 5, at(3)) ?? '', /more events wait/, 'of equals the latest');
  assert.equal(shedding.waiting('u', 3), 2);
});

test('given a full queue, when a more important event comes, then the least important goes when it comes again', () => {
  const shedding = new Shedding();
  shedding.turnedAway('u', 'a', 5, at(0));
  shedding.turnedAway('u', 'b', 3, at(1));
  assert.equal(shedding.turnedAway('u', 'c', 9, at(2)), undefined);
  assert.equal(shedding.onArrival('u', 'a', 5, 1000), undefined);
  assert.match(shedding.onArrival('u', 'b', 3, 1001) ?? '', /priority 3/);
  assert.equal(shedding.onArrival('u', 'b', 3, 1002), undefined, 'it is shed once');
});

test('an event that found its place, or is not seen again, waits no more', () => {
  const shedding = new Shedding();
  shedding.turnedAway('u', 'a', 5, at(0));
  shedding.turnedAway('u', 'b', 5, at(0));
  shedding.leave('u', 'a');
  assert.equal(shedding.turnedAway('u', 'c', 5, at(1)), undefined);
  assert.equal(shedding.turnedAway('u', 'd', 5, at(20_000)), undefined, 'b and c went elsewhere');
  assert.equal(shedding.waiting('u', 20_000), 1);
});

test('a floor holds for its unit and its time', () => {
  const shedding = new Shedding();
  shedding.command(new Map([['u', 6]]), 1000);
  assert.match(shedding.onArrival('u', 'a', 5, 0) ?? '', /priority 6 or more; this has 5/);
  assert.equal(shedding.onArrival('u', 'a', 6, 0), undefined);
  assert.equal(shedding.onArrival('v', 'a', 0, 0), undefined);
  assert.equal(shedding.onArrival('u', 'a', 5, 1000), undefined);
});

test('property: no more wait than the queue holds, and nothing that waits is less important than what was shed of its time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (priorities, most) => {
      const shedding = new Shedding();
      const shed: number[] = [];
      for (const [n, priority] of priorities.entries())
        if (shedding.turnedAway('u', `${n}`, priority, at(n, most)) !== undefined) shed.push(n);
      assert.ok(shedding.waiting('u', priorities.length) <= most);
      for (const [n, priority] of priorities.entries())
        if (!shed.includes(n) && shedding.onArrival('u', `${n}`, priority, priorities.length) !== undefined)
          shed.push(n);
      const kept = priorities.filter((_, n) => !shed.includes(n));
      assert.equal(kept.length, Math.min(most, priorities.length));
      const dearest = [...priorities].sort((a, b) => b - a).slice(0, most);
      assert.deepEqual(
        kept.sort((a, b) => b - a),
        dearest,
        'the most important ones are kept',
      );
    }),
  );
});
