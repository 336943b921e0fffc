import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Capability } from '@vsmcp/vsm';
import { permitAgent, Refusals } from '../../src/policy/agents.js';

const grants = { reads: [], writes: [], runs: [], network: false, hosts: [] };
const capability = (more: Partial<typeof grants> & { readOnly?: boolean }) => {
  const { readOnly, ...wants } = more;
  return Capability.parse({
    server: 'm',
    origin: 'acquired',
    version: '1.0.0',
    state: 'ready',
    spec: { npm: 'm@1.0.0', grants: { ...grants, ...wants } },
    tools: [{ name: 't', inputSchema: {}, annotations: readOnly ? { readOnlyHint: true } : {} }],
  });
};
const ask = (action: string, by = 'agent:anyone') => ({ action, by, server: 'm', tool: 't', arguments: [] });
const agents = { planner: { token: 'a'.repeat(64), may: ['call_tool' as const] } };

describe('what an agent may', () => {
  it('is, for anyone, to find tools and to call those that are safe', () => {
    assert.equal(permitAgent({}, ask('find_tool'), undefined).permitted, true);
    assert.equal(permitAgent({}, ask('call_tool'), capability({})).permitted, true);
    assert.equal(permitAgent({}, ask('call_tool'), capability({ network: true, readOnly: true })).permitted, true);
    for (const unsafe of [capability({ network: true }), undefined]) {
      const { permitted, rule, because } = permitAgent({}, ask('call_tool'), unsafe);
      assert.deepEqual([permitted, rule], [false, 'gateway.agents']);
      assert.match(
        because,
        /may not call m\.t, which may change something; .*: anyone: \{ may: \[find_tool, call_safe, call_tool\] \}/,
      );
    }
  });

  it('is what the configuration says, and nothing more', () => {
    assert.equal(permitAgent(agents, ask('call_tool', 'agent:planner'), capability({ network: true })).permitted, true);
    const { because } = permitAgent(agents, ask('find_tool', 'agent:planner'), undefined);
    assert.match(because, /planner: \{ token: …, may: \[call_tool, find_tool\] \}/);
    const closed = { anyone: { may: [] } };
    const refused = permitAgent(closed, ask('call_tool'), capability({}));
    assert.match(refused.because, /may not call m\.t; .*may: \[call_safe\]/);
    assert.equal(permitAgent({}, ask('find_tool', 'agent:stranger'), undefined).permitted, false);
  });

  it('is nothing for who is no agent, nor for an act that is none', () => {
    assert.equal(permitAgent({}, ask('find_tool', 'ann'), undefined).rule, 'permit.action');
    assert.equal(permitAgent({}, ask('destroy'), undefined).rule, 'permit.action');
  });
});

describe('refusals', () => {
  it('are news once a minute', () => {
    const refusals = new Refusals();
    assert.equal(refusals.isNews(ask('call_tool'), 0), true);
    assert.equal(refusals.isNews(ask('call_tool'), 59_999), false);
    assert.equal(refusals.isNews(ask('find_tool'), 59_999), true);
    assert.equal(refusals.isNews(ask('call_tool'), 60_000), true);
  });
});
