import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import type { Fleet } from '../fleet.js';
import { Bridge } from './bridge.js';

/**
 * Speaks MCP on this process's stdin and stdout until the client ends it.
 * @param token by which the gateway knows the agent
 */
export async function speak(fleet: Fleet, token: string | undefined): Promise<void> {
  const reach = () => fleet.get('/status');
  // said before a client waits for it
  await reach();
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  const bridge = new Bridge({
    local: new StdioServerTransport(),
    remote: () => new StreamableHTTPClientTransport(new URL('/mcp', fleet.url), { requestInit: { headers } }),
    reach,
    say: (line) => process.stderr.write(`vsmcp: ${line}\n`),
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close'] as const) process.stdin.once(event, () => resolve());
    process.stdout.once('error', () => resolve()); // the client is gone
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  const stop = await bridge.start();
  await ended;
  await stop();
}
