import { reasonOf, VsmError } from '@vsmcp/vsm';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { z } from 'zod';

/** A server as other MCP clients write it; keys differ a little from client to client. */
export const Foreign = z.looseObject({
  /** stdio, http, streamable-http, sse; often left out. */
  type: z.string().optional(),
  transport: z.string().optional(),
  command: z.string().optional(),
  args: z.array(z.string()).default([]),
  env: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).default({}),
  envFile: z.string().optional(),
  url: z.string().optional(),
  serverUrl: z.string().optional(),
  headers: z.record(z.string(), z.string()).default({}),
  disabled: z.boolean().optional(),
});
export type Foreign = z.infer<typeof Foreign>;

/** One server of the file: as far as it could be read, and as it was written. */
export interface ForeignServer {
  name: string;
  written: unknown;
  server: { read: Foreign } | { wrong: string };
}

const Servers = z.record(z.string(), z.unknown());
const File = z.union([
  z.looseObject({ mcpServers: Servers }).transform(({ mcpServers }) => mcpServers),
  z.looseObject({ servers: Servers }).transform(({ servers }) => servers),
  z.looseObject({ mcp: z.looseObject({ servers: Servers }) }).transform(({ mcp }) => mcp.servers),
]);

/**
 * Reads `mcpServers` (Claude, Cursor, Windsurf …), or `servers` (VS Code's mcp.json, or below `mcp` in its settings). Comments and
 * trailing commas are taken as VS Code takes them.
 * @throws VSM_CONFIG for what is neither
 */
export function readForeign(text: string, name: string): ForeignServer[] {
  const errors: ParseError[] = [];
  const json: unknown = parse(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new VsmError('VSM_CONFIG', `${name}:${line} is no JSON: ${printParseErrorCode(first.error)}`);
  }
  const file = File.safeParse(json);
  if (!file.success) {
    throw new VsmError('VSM_CONFIG', `${name} lists no MCP servers: expected {"mcpServers": {…}}, or {"servers": {…}}`);
  }
  return Object.entries(file.data).map(([server, written]) => ({ name: server, written, server: readServer(written) }));
}

function readServer(written: unknown): ForeignServer['server'] {
  try {
    return { read: Foreign.parse(written) };
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    return { wrong: issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : reasonOf(error) };
  }
}
