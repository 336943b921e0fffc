import { reasonOf, VsmError } from '@vsmcp/vsm';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { z } from 'zod';

/**
 * A command as clients write it: the program, or (opencode) the program with its arguments, or (Zed) an object of both.
 */
const Program = z.union([
  z.string().transform((path) => ({ path, args: [] as string[] })),
  z
    .array(z.string())
    .min(1)
    .transform(([path = '', ...args]) => ({ path, args })),
  z
    .looseObject({ path: z.string(), args: z.array(z.string()).default([]), env: z.unknown().optional() })
    .transform(({ path, args }) => ({ path, args })),
]);
const Values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

/** A server as other MCP clients write it; keys differ a little from client to client. */
export const Foreign = z
  .looseObject({
    /** stdio, http, streamable-http, sse, local, remote; often left out. */
    type: z.string().optional(),
    transport: z.string().optional(),
    command: Program.optional(),
    args: z.array(z.union([z.string(), z.number()]).transform(String)).default([]),
    env: Values.default({}),
    environment: Values.default({}),
    envFile: z.string().optional(),
    cwd: z.string().optional(),
    url: z.string().optional(),
    serverUrl: z.string().optional(),
    httpUrl: z.string().optional(),
    headers: Values.default({}),
    disabled: z.boolean().optional(),
    enabled: z.boolean().optional(),
  })
  .transform(({ command, args, env, environment, url, serverUrl, httpUrl, disabled, enabled, ...rest }) => ({
    ...rest,
    command: command?.path,
    args: [...(command?.args ?? []), ...args],
    env: { ...environment, ...env },
    url: httpUrl ?? url ?? serverUrl,
    disabled: disabled === true || enabled === false,
  }));
export type Foreign = z.infer<typeof Foreign>;

/** One server of the file: as far as it could be read, and as it was written. */
export interface ForeignServer {
  name: string;
  written: unknown;
  server: { read: Foreign } | { wrong: string };
}

/** Keys under which clients list servers; VS Code's settings and opencode have them below `mcp`. */
const LISTS = ['mcpServers', 'servers', 'context_servers'];

/**
 * Reads `mcpServers` (Claude, Cursor, Windsurf, Gemini …), `servers` (VS Code's mcp.json, or below `mcp` in its
 * settings), `context_servers` (Zed) and `mcp` (opencode). Comments, trailing commas and a byte order mark are taken as
 * these clients take them.
 * @throws VSM_CONFIG for what is none of these
 */
export function readForeign(text: string, name: string): ForeignServer[] {
  const errors: ParseError[] = [];
  const json: unknown = parse(text.replace(/^\uFEFF/, ''), errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split('\n').length;
    throw new VsmError('VSM_CONFIG', `${name}:${line} is not JSON: ${printParseErrorCode(first.error)}`);
  }
  const lists = listsIn(json);
  if (lists.length === 0) {
    throw new VsmError('VSM_CONFIG', `${name} lists no MCP servers: expected {"mcpServers": {…}}, or {"servers": {…}}`);
  }
  return lists.flat().map(([server, written]) => ({ name: server, written, server: readServer(written) }));
}

type Named = [name: string, written: unknown];

/** The lists of servers in a file; one may have several. */
function listsIn(json: unknown): Named[][] {
  if (!isObject(json)) return [];
  const below = isObject(json.mcp) ? json.mcp : {};
  const lists = [...LISTS.map((key) => json[key]), ...LISTS.map((key) => below[key])].flatMap((list) => {
    const named = namedIn(list);
    return named === undefined ? [] : [named];
  });
  if (lists.length > 0 || !isObject(json.mcp)) return lists;
  return [Object.entries(below)];
}

/** Servers by name, or (Continue) a list in which each says its name. */
function namedIn(list: unknown): Named[] | undefined {
  if (Array.isArray(list))
    return list.map(
      (one: unknown, i): Named => [isObject(one) && typeof one.name === 'string' ? one.name : `server-${i + 1}`, one],
    );
  return isObject(list) ? Object.entries(list) : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readServer(written: unknown): ForeignServer['server'] {
  try {
    return { read: Foreign.parse(written) };
  } catch (error) {
    const issue = error instanceof z.ZodError ? error.issues[0] : undefined;
    return { wrong: issue ? `${issue.path.join('.') || 'it'}: ${issue.message}` : reasonOf(error) };
  }
}
