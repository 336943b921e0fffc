import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { type Server, serve } from '@vsmcp/gateway';
import { consumers, type Service } from '@vsmcp/service';
import { consciousness } from '../../../../services/consciousness/src/index.js';
import { system5 } from '../../../../services/system5-policy/src/index.js';
import { openFleet } from '../../../../test/support/fleet.js';
import { freePort } from '../../../../test/support/ports.js';
import { COMMAND, ROOT, vsmcp } from '../vsmcp.js';

const TOKEN = 'secret';
const port = await freePort();
const url = `http://127.0.0.1:${port}`;
const token = createHash('sha256').update(TOKEN).digest('hex');
const fleet = await openFleet({
  services: [system5, consciousness],
  config: { gateway: { agents: { planner: { token, may: ['events_publish'] } } } },
});
const gateway = (): Promise<Server> => serve(fleet.gateway, { host: '127.0.0.1', port, names: [] });
let server = await gateway();
after(async () => {
  await server.close();
  await fleet.stop();
});

/** The SDK's own client on the stdio of `vsmcp mcp`. */
async function connect(env: Record<string, string> = {}): Promise<{ client: Client; said: () => string }> {
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [...COMMAND, 'mcp'],
    cwd: ROOT,
    stderr: 'pipe' as const,
    env: { ...(process.env as Record<string, string>), VSMCP_URL: url, ...env },
  });
  let said = '';
  transport.stderr?.on('data', (chunk) => (said += String(chunk)));
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  return { client, said: () => said };
}

test('vsmcp mcp carries a session from stdio to the gateway, as the agent whose token it has', async () => {
  const { client } = await connect({ VSMCP_TOKEN: TOKEN });
  assert.equal(client.getServerVersion()?.name, 'vsmcp');
  assert.equal((await client.listTools()).tools.length, 12);
  const { structuredContent } = await client.callTool({ name: 'events_publish', arguments: { type: 'a.b' } });
  assert.equal((structuredContent as { source: string }).source, '/agents/planner');
  const refused = await client.callTool({ name: 'find_tool', arguments: { wish: 'x' } });
  assert.equal(refused.isError, true);
  await client.close();
});

test('a gateway that was started anew is spoken to again, and one that is gone is an error and not a silence', async () => {
  const { client, said } = await connect();
  let changed = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void changed++);
  await server.close();
  await assert.rejects(client.callTool({ name: 'status' }), /no fleet answers at .* start one with/);
  server = await gateway();
  const [first, second] = await Promise.all([client.callTool({ name: 'status' }), client.callTool({ name: 'status' })]);
  assert.equal(first.isError, undefined);
  assert.equal(second.isError, undefined);
  await fleet.until(() => changed > 0, { what: 'the client is told to list the tools again' });
  assert.match(said(), /a new one is begun/);
  await client.close();
});

test('what was asked when the gateway went is answered with an error', async () => {
  let asked = 0;
  let release = () => {};
  const four: Service = {
    system: 's4',
    start: async (context) => {
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      const discover = async () => {
        asked++;
        await held;
        return { registries: [], candidates: [] };
      };
      const listening = await consumers([context.answer({ discover })]);
      return () => listening.stop();
    },
  };
  const slow = await openFleet({ services: [consciousness, four] });
  const dying = await serve(slow.gateway, { host: '127.0.0.1', port: 0, names: [] });
  const { client } = await connect({ VSMCP_URL: dying.url });
  const call = client.callTool({ name: 'capabilities_discover' });
  call.catch(() => undefined);
  await slow.until(() => asked > 0);
  await dying.close();
  await assert.rejects(call, /no fleet answers at/);
  await client.close();
  release();
  await slow.stop();
});

test('without a fleet it says so and how to get one, on stderr alone', async () => {
  const { code, err, out } = await vsmcp(['mcp'], { VSMCP_URL: `http://127.0.0.1:${await freePort()}` });
  assert.match(err, /^vsmcp: no fleet answers at http:\/\/127\.0\.0\.1:\d+; start one with `(npx )?vsmcp up`/);
  assert.equal(out, '');
  assert.equal(code, 1);
});
