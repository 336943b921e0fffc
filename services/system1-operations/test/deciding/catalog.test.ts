import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Capability, Units, VsmError } from '@vsmcp/vsm';
import { ACQUIRED_UNIT, Catalog } from '../../src/deciding/catalog.js';

const call = { call: 'time.parse', with: { text: '=data.text' } };
const acquired = Capability.parse({
  server: 'time',
  origin: 'acquired',
  version: '1.0.6',
  spec: { npm: 'time-mcp@1.0.6' },
  state: 'ready',
  responses: { 'file.deadline': call },
});
const never = (server: string, reason: string) => assert.fail(`${server}: ${reason}`);
const given = (units: unknown) => new Catalog(Units.parse(units));

test('an acquired response goes to the unit that absorbs its type, and follows when units change', () => {
  const catalog = given({ desk: { absorbs: 'file.#' } });
  catalog.update([acquired], never);
  assert.equal(catalog.match('file.deadline')?.unit, 'desk');
  assert.deepEqual([...catalog.acquired().keys()], ['desk']);
  assert.ok('file.deadline' in (catalog.unit('desk')?.responses ?? {}));

  catalog.change(new Map([['desk', undefined]]));
  assert.equal(catalog.match('file.deadline')?.unit, ACQUIRED_UNIT);
  assert.ok('file.deadline' in (catalog.unit(ACQUIRED_UNIT)?.responses ?? {}));

  catalog.change(new Map(Object.entries(Units.parse({ clock: { responses: { 'file.deadline': 'wanted' } } }))));
  assert.equal(catalog.match('file.deadline')?.unit, 'clock', 'who wants it has it');
  catalog.change(new Map(Object.entries(Units.parse({ clock: { responses: { 'file.deadline': 'noted' } } }))));
  assert.equal(catalog.match('file.deadline')?.response, 'noted', 'what a unit says itself wins');
  assert.equal(catalog.acquired().size, 0);
});

test('deadline and retries: the response’s word, or else the unit’s, also once that changes', () => {
  const responses = { 'a.b': call, 'a.c': { ...call, deadline: '1s', retries: 0 } };
  const plans = (unit: object) => {
    const catalog = given({ a: { responses, ...unit } });
    return ['a.b', 'a.c'].map((type) => {
      const plan = catalog.plan(catalog.match(type));
      assert.ok(plan !== undefined && !(plan instanceof VsmError) && plan.kind === 'call');
      return [plan.deadline, plan.retries];
    });
  };
  assert.deepEqual(plans({}), [
    [undefined, undefined],
    [1000, 0],
  ]);
  assert.deepEqual(plans({ deadline: '5s', retries: 2 }), [
    [5000, 2],
    [1000, 0],
  ]);
});

test('a plan is compiled once, and anew when its unit is another', () => {
  const catalog = given({ a: { responses: { 'a.b': call } } });
  const plan = () => catalog.plan(catalog.match('a.b'));
  const first = plan();
  assert.equal(plan(), first);
  const unit = catalog.units.get('a');
  assert.ok(unit);
  catalog.change(new Map([['a', { ...unit, deadline: 7000 }]]));
  const next = plan();
  assert.ok(next !== undefined && 'deadline' in next && next.deadline === 7000);
});
