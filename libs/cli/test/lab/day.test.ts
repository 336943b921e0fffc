import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseDay, readDay } from '../../src/lab/day/read.js';

test('the day of the documentation can be run', async () => {
  const { name, day, config } = await readDay(
    fileURLToPath(new URL('../../../../docs/lab/front-desk.yaml', import.meta.url)),
  );
  assert.equal(name, 'front-desk');
  assert.equal(day.lasts, 86_400_000);
  assert.deepEqual(Object.keys(config.servers), ['memory', 'board']);
});

test('what is wrong in a day is told with its place, the expressions of its fleet too', async () => {
  const wrong = (text: string, message: RegExp) =>
    assert.throws(() => parseDay(text, 'day.yaml'), { code: 'VSM_CONFIG', message });
  wrong('world: []', /day\.yaml is not a day for the lab:[\s\S]*lasts/);
  wrong('lasts: 1h\nfleet: { servers: {} }', /fleet\.servers: the lab has its own/);
  wrong('lasts: 1h\nfleet: { unitz: {} }', /fleet\.unitz/);
  wrong(
    'lasts: 1h\nservers: { a: { tools: { b: {} } } }\nfleet: { units: { u: { responses: { x: { call: a.b, with: { y: "=data." } } } } } }',
    /fleet\.units\.u\.responses\.x/,
  );
  wrong(
    'lasts: 1h\nfleet: { units: { u: { responses: { x: { call: a.b } } } } }',
    /fleet\.units\.u\.responses\.x\.call/,
  );
  wrong('lasts: [', /day\.yaml is not a day/);
  await assert.rejects(readDay('/nowhere/day.yaml'), { code: 'VSM_CONFIG', message: /there is no/ });
});
