import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { openMcpHost } from '@vsmcp/mcp';
import { vsmcp } from '../../libs/cli/test/vsmcp.js';
import { serve } from '../../services/gateway/src/index.js';
import { openSystem1 } from '../../services/system1-operations/src/index.js';
import { system3 } from '../../services/system3-control/src/index.js';
import { system5 } from '../../services/system5-policy/src/index.js';
import { CACHE } from '../support/cache.js';
import { openFleet } from '../support/fleet.js';
import { freePort } from '../support/ports.js';

const TOOL = 'every.trigger-long-running-operation';

test('how far a call is reaches the MCP client that asked for it, and the person who runs it', async (t) => {
  const s1 = openSystem1({ openHost: ({ log, clock }) => openMcpHost({ dataDir: CACHE, log, clock }) });
  const token = createHash('sha256').update('secret').digest('hex');
  const fleet = await openFleet({
    services: [system5, system3, s1],
    config: {
      servers: { every: { npm: '@modelcontextprotocol/server-everything@2026.8.31' } },
      units: { desk: { responses: { 'desk.tick': { call: 'every.echo', with: { message: 'tick' } } } } },
      gateway: { agents: { planner: { token, may: ['call_tool'] } } },
    },
  });
  const port = await freePort();
  const server = await serve(fleet.gateway, { host: '127.0.0.1', port, names: [] });
  t.after(async () => {
    await server.close();
    await fleet.stop();
  });
  await fleet.publish('desk.tick', {});
  await fleet.until(() => fleet.outcomes.some(({ outcome }) => outcome === 'answered'), {
    timeout: 60_000,
    what: 'the server is there',
  });

  const url = `http://127.0.0.1:${port}`;
  const client = new Client({ name: 'test', version: '1' });
  const headers = { authorization: 'Bearer secret' };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } }));
  const told: number[] = [];
  const call = { name: 'operations_run', arguments: { tool: TOOL, params: { duration: 3, steps: 3 } } };
  const result = await client.callTool(call, undefined, {
    onprogress: ({ progress, total }) => {
      assert.equal(total, 3);
      told.push(progress);
    },
  });
  assert.equal(result.isError, undefined, JSON.stringify(result));
  assert.ok(told.length > 0, 'it was told');
  assert.deepEqual(
    told,
    [...told].sort((a, b) => a - b),
  );
  await client.close();

  const ran = await vsmcp(['operations', 'run', TOOL, '--params', '{"duration":4,"steps":2}'], { VSMCP_URL: url });
  assert.equal(ran.code, 0, ran.err);
  assert.match(ran.out, /^answered by every\.trigger-long-running-operation/);
  assert.match(ran.err, /^[12] of 2/m);
});
