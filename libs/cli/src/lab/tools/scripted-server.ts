import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { CallToolRequestSchema, type CallToolResult, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '@vsmcp/vsm';
import { type Chance, draw } from '../chance.js';
import { VERSION } from './names.js';
import type { ServerScript, ToolScript } from './script.js';

/** The surroundings that the tools of the lab act in. */
export interface Stage {
  clock: Clock;
  chance: Chance;
  /** The world goes on: `after` ms this event is published. */
  cause(type: string, data: Record<string, unknown>, after: number): void;
  /** Told of each call as it ends. @param ms that it took */
  called(tool: string, ms: number, error: boolean): void;
}

/**
 * An MCP server that does what its script says: real protocol, virtual time, chance out of a seed.
 * @param start the how-manieth server of this name it is, so that each has chance of its own
 */
export function scriptedServer(name: string, start: number, script: ServerScript, stage: Stage): Server {
  const { clock, chance, cause, called } = stage;
  const server = new Server({ name, version: VERSION }, { capabilities: { tools: {} } });
  const chances = new Map(Object.keys(script.tools).map((tool) => [tool, chance(`${name} ${start} ${tool}`)]));
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: Object.entries(script.tools).map(declared) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, { signal }) => {
    const tool = script.tools[params.name];
    const random = chances.get(params.name);
    if (tool === undefined || random === undefined) return failed(`there is no tool ${params.name}`);
    const args = params.arguments ?? {};
    const takes = draw(tool.takes, random);
    const fails = random() < tool.fails;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(takes, resolve);
      signal.addEventListener('abort', () => {
        cancel();
        resolve();
      });
    });
    const problem = misfit(tool, args) ?? (fails ? `${params.name} failed` : undefined);
    called(`${name}.${params.name}`, takes, problem !== undefined);
    if (problem !== undefined) return failed(problem);
    for (const { publish, after, data } of tool.causes) cause(publish, { ...args, ...data }, after);
    return { content: [{ type: 'text', text: `${tool.answers} ${JSON.stringify(args)}` }] };
  });
  return server;
}

function declared([name, { describes, needs, reads, idempotent }]: [string, ToolScript]) {
  const properties = Object.fromEntries(
    Object.entries(needs).map(([argument, need]) => [
      argument,
      typeof need === 'string'
        ? { type: need }
        : {
            type: 'string',
            pattern: need.pattern,
            ...(need.describes !== undefined && { description: need.describes }),
          },
    ]),
  );
  return {
    name,
    description: describes,
    inputSchema: { type: 'object' as const, properties, required: Object.keys(needs) },
    annotations: { readOnlyHint: reads, idempotentHint: idempotent },
  };
}

/** The trouble with a call's arguments. */
function misfit({ needs }: ToolScript, args: Record<string, unknown>): string | undefined {
  for (const [argument, need] of Object.entries(needs)) {
    const value = args[argument];
    if (typeof need === 'string') {
      const type = Array.isArray(value) ? 'array' : typeof value;
      if (type !== need) return `${argument} must be of type ${need}`;
    } else if (typeof value !== 'string' || !new RegExp(need.pattern, 'u').test(value)) {
      return `${argument} must fit ${need.pattern}`;
    }
  }
  return undefined;
}

function failed(text: string): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }] };
}
