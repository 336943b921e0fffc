import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { type CallToolResult, CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { consumers, on, type Service } from '@vsmcp/service';
import { type Acquisition, type DataOf, Demand } from '@vsmcp/vsm';

/** Speaks as System 4: hears what is wished for, and says of the acquisitions what the test says. */
export function intelligence(): Service & {
  wishes: DataOf<typeof Demand>[];
  acquisitions: Map<string, DataOf<typeof Acquisition>>;
} {
  const wishes: DataOf<typeof Demand>[] = [];
  const acquisitions = new Map<string, DataOf<typeof Acquisition>>();
  return {
    system: 's4',
    wishes,
    acquisitions,
    async start(context) {
      const listening = await consumers([
        context.hear('s4.report', [on(Demand, async ({ data }) => void wishes.push(data))]),
        context.answer({
          acquisitions: async () => ({ acquisitions: [...acquisitions.values()] }),
          discover: async () => ({ registries: [], candidates: [] }),
        }),
      ]);
      return () => listening.stop();
    },
  };
}

/** A session of the SDK's own client. */
export async function connect(
  url: string,
  { token, name = 'test' }: { token?: string; name?: string } = {},
): Promise<{ client: Client; transport: StreamableHTTPClientTransport }> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const transport = new StreamableHTTPClientTransport(new URL(`${url}/mcp`), { requestInit: { headers } });
  const client = new Client({ name, version: '1' });
  await client.connect(transport);
  return { client, transport };
}

/** Calls a tool; the client itself holds structured content to the output schema that it was given. */
export async function use(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<CallToolResult & { text: string }> {
  const result = CallToolResultSchema.parse(await client.callTool({ name, arguments: args }));
  return { ...result, text: textOf(result) };
}

/** A tool's answer where it must not fail. */
// biome-ignore lint/suspicious/noExplicitAny: a test says what it expects by asserting on it
export async function read(client: Client, name: string, args: Record<string, unknown> = {}): Promise<any> {
  const result = await use(client, name, args);
  if (result.isError) throw new Error(`${name}: ${result.text}`);
  return result.structuredContent;
}

export function textOf({ content }: CallToolResult): string {
  return content.map((block) => (block.type === 'text' ? block.text : block.type)).join('\n');
}
