import assert from 'node:assert/strict';
import { test } from 'node:test';
import { borderQueue, type CloudEvent, descend, matches, passed, SystemReport } from '@vsmcp/vsm';
import fc from 'fast-check';

const event: CloudEvent = { specversion: '1.0', id: 'e', source: '/s', type: 'shop.sale', data: { n: 1 } };

test('an event goes down under its own name, and remembers the way', () => {
  const first = descend(event, { from: 'vsm', to: 'vsm.west', depth: 3 });
  assert.ok(first.ok);
  assert.deepEqual({ ...first.event, vsmcpvia: undefined }, { ...event, vsmcpvia: undefined });
  const second = descend(first.event, { from: 'vsm.west', to: 'vsm.west.north', depth: 3 });
  assert.ok(second.ok);
  assert.deepEqual(passed(second.event), ['vsm', 'vsm.west']);
});

test('a circle and a level too many are refused, with the way', () => {
  const way = { ...event, vsmcpvia: 'vsm vsm.west' };
  const circle = descend(way, { from: 'vsm.east', to: 'vsm.west', depth: 10 });
  assert.match(circle.ok ? '' : circle.because, /through vsm\.west already.*vsm → vsm\.west → vsm\.east → vsm\.west/);
  const itself = descend(event, { from: 'vsm', to: 'vsm', depth: 10 });
  assert.ok(!itself.ok);
  const deep = descend(way, { from: 'c', to: 'd', depth: 3 });
  assert.match(deep.ok ? '' : deep.because, /d would be level 4 .*recursion_depth is 3/);
});

test('however the fleets are wired, an event goes down fewer times than there are levels', () => {
  const fleets = ['a', 'b', 'c', 'd', 'e'];
  const steps = fc.array(fc.constantFrom(...fleets), { maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 10 }), (way, depth) => {
      let at = 'a';
      let now: CloudEvent = event;
      let times = 0;
      for (const to of way) {
        const next = descend(now, { from: at, to, depth });
        if (!next.ok) continue;
        [now, at] = [next.event, to];
        times++;
      }
      const seen = [...passed(now), at];
      assert.ok(times < depth);
      assert.equal(new Set(seen).size, seen.length, 'no fleet twice');
    }),
  );
});

test('outcomes come up for the types that go down, and for no others', () => {
  const { durable, name } = borderQueue('outcome', ['shop.#', 'till.*']);
  assert.equal(name, 'parent.outcome');
  const heard = (key: string) => durable.bind.some((pattern) => matches(pattern, key));
  assert.ok(heard('answered.shop.west.sale') && heard('parked.till.a'));
  assert.ok(!heard('answered.till.a.b') && !heard('answered.other'));
  assert.deepEqual(borderQueue('pain', []).durable.kind, 'quorum');
  assert.equal(borderQueue('report', []).durable.most, 10);
});

test('a report holds the reports of the fleets below', () => {
  const figures = { required: 1, available: 1, gap: 0, answered: null, waiting: { types: 0, events: 0 } };
  const one = { path: 'p', name: 'n', viable: true, reasons: [], variety: figures, efficiency: null, alerts: 0 };
  const whole = {
    ...one,
    units: { a: { path: 'p.a', heard: 1, report: { ...one, units: {} } }, b: { path: 'x', heard: null } },
  };
  assert.deepEqual(SystemReport.parse(whole), whole);
  assert.ok(!SystemReport.safeParse({ ...one, units: { a: { path: 'p.a', heard: 1, report: { ...one } } } }).success);
});
