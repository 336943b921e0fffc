import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { HttpError } from '../../src/failure.js';
import { agentOf } from '../../src/mcp/agents.js';

const token = (text: string) => createHash('sha256').update(text).digest('hex');
const agents = { anyone: { may: [] }, planner: { token: token('p'), may: [] }, coder: { token: token('c'), may: [] } };

test('an agent is known by its token alone', () => {
  assert.equal(agentOf(agents, undefined), 'anyone');
  assert.equal(agentOf(agents, 'Bearer c'), 'coder');
  assert.equal(agentOf(agents, 'bearer p'), 'planner');
});

test('a token that nobody has is no token of anyone', () => {
  for (const header of ['', 'Bearer', 'Bearer x', 'Basic cDpw', token('p'), `Bearer ${token('p')}`]) {
    assert.throws(() => agentOf(agents, header), HttpError, header);
  }
});
