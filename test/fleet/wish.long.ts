import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { startUp } from '../support/up.js';

const VSMCP = fileURLToPath(new URL('../../libs/cli/bin/vsmcp.js', import.meta.url));
const CONFIG = `
name: desk
policy: { acquire: { from: [io.github.coo-quack/*], allow: contained } }
`;

test('an agent wishes for a tool, waits while the fleet acquires it, and calls it in the same session', async (t) => {
  const up = await startUp(t, { config: CONFIG, args: ['--no-demo'] });
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [VSMCP, 'mcp'],
    cwd: up.home,
    env: { ...(process.env as Record<string, string>), VSMCP_URL: up.url },
  });
  const client = new Client({ name: 'agent', version: '1' });
  await client.connect(transport);
  t.after(() => client.close());

  const steps: string[] = [];
  const found = await client.callTool(
    { name: 'find_tool', arguments: { wish: 'hash a text with sha256', wait: 120 } },
    undefined,
    { timeout: 150_000, onprogress: ({ message }) => void steps.push(message ?? '') },
  );
  const { met, tools } = found.structuredContent as { met: boolean; tools: { name: string; safe: boolean }[] };
  assert.equal(met, true, `${JSON.stringify(found.structuredContent)}\n${steps.join('\n')}\n${up.output()}`);
  assert.ok(steps.length > 1, 'it told how far it was');
  const [best] = tools;
  assert.deepEqual([best?.name, best?.safe], ['calc__hash', true]);
  const hashed = CallToolResultSchema.parse(
    await client.callTool({ name: 'calc__hash', arguments: { input: 'abc', algorithm: 'sha256' } }),
  );
  assert.match(JSON.stringify(hashed.content), /ba7816bf8f01cfea/);
  assert.ok(
    (await client.listTools()).tools.some(({ name }) => name === 'calc__hash'),
    'it is on the list now',
  );

  const journal = await up.get<{ entries: { type: string; cause: string }[] }>('/journal?system=s3&type=operate');
  assert.equal(journal.entries[0]?.cause, 'agent:anyone');
});
