import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkAll } from '../../src/config/check.js';
import { temporaryFolder } from '../folder.js';
import { ROOT, vsmcp } from '../vsmcp.js';

test('all that is wrong is told, with lines: keys, values, names, expressions, rules', () => {
  const at = (text: string) => {
    const checked = checkAll(text, {});
    return checked.ok ? [] : checked.problems.map(({ line, at: place }) => `${line} ${place}`);
  };
  assert.deepEqual(
    at(`nmae: x
servers: { m: { npm: time-mcp@latest } }
units:
  a: { responses: { x.y: { call: mm.t } } }
  b: { weight: heavy }
`),
    ['1 nmae', '2 servers.m.npm', '4 units.a.responses.x.y.call', '5 units.b.weight'],
  );
  assert.deepEqual(
    at(`servers: { m: { npm: time-mcp@1.0.6 } }
units:
  a:
    responses:
      x.y: { call: m.t, with: { a: "=data.(" } }
      x.z: { call: m.t, guard: "data.ok" }
policy:
  forbid:
    - { name: fine, because: b, cedar: "resource.network" }
    - { name: none, because: b, cedar: "resource.nothing" }
`),
    ['5 units.a.responses.x.y', '10 policy.forbid.1.cedar'],
  );
  assert.deepEqual(at('a: [1\nb: 2'), at('a: [1\nb: 2').slice(0, 9));
  assert.match(at('name: x\nname: y').join(), /^2 /);
});

test('the command: right, wrong, not there; for people and as JSON', async (t) => {
  const folder = await temporaryFolder(t);
  const env = { VSMCP_CONFIG: '' };
  const right = await vsmcp(['validate', join(ROOT, 'vsmcp.yaml')], env, folder);
  assert.match(right.out, /vsmcp\.yaml is right: front-desk, 5 units, 2 servers/);
  assert.equal(right.code, 0);
  const none = await vsmcp(['validate'], env, folder);
  assert.match(none.err, /there is no .*vsmcp\.yaml; `vsmcp init` writes one/);
  assert.equal(none.code, 1);
  await writeFile(join(folder, 'vsmcp.yaml'), 'name: Bad Name\nunit: {}\n');
  const wrong = await vsmcp(['validate'], env, folder);
  assert.match(
    wrong.out,
    /^vsmcp\.yaml:1 name: got 'Bad Name'.*\nvsmcp\.yaml:2 unit: .*did you mean 'units'\?\n2 problems\n$/,
  );
  assert.equal(wrong.code, 1);
  const json = await vsmcp(['validate', '--json'], env, folder);
  const { valid, problems } = JSON.parse(json.out) as { valid: boolean; problems: { line: number }[] };
  assert.equal(valid, false);
  assert.deepEqual(
    problems.map(({ line }) => line),
    [1, 2],
  );
  assert.equal(json.code, 1);
});
