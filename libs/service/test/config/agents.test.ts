import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/load.js';

const hash = 'a'.repeat(64);
const agents = (yaml: string) => parseConfig(`gateway: { agents: { ${yaml} } }`, 'vsmcp.yaml', {}).gateway.agents;

test('agents have a token and grants; anyone has none', () => {
  const { anyone, planner } = agents(`anyone: { may: [] }, planner: { token: ${hash} }`);
  assert.deepEqual(anyone, { may: [] });
  assert.deepEqual(planner, { token: hash, may: ['find_tool', 'call_safe'] });
});

test('agents that could not be told apart are refused, and so is a grant that does not exist', () => {
  for (const [yaml, says] of [
    ['planner: { may: [] }', /planner: got no token, expected token: the sha256/],
    [`anyone: { token: ${hash} }`, /anyone: got a token, expected none/],
    [`a: { token: ${hash} }, b: { token: ${hash} }`, /b: got the token of 'a', expected one of its own/],
    ['planner: { token: secret }', /planner\.token: .*64 hex digits/],
    ['anyone: { may: [everything] }', /may/],
  ] as const) {
    assert.throws(() => agents(yaml), { code: 'VSM_CONFIG', message: says });
  }
});
