import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ListToolsResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { canonicalJson, type Suspicion, Tool, VsmError } from '@vsmcp/vsm';
import { sha256 } from '../digest.js';
import { suspicionsIn } from '../suspicion.js';
import { cleanText } from '../text.js';

/** Bounds of what a server may offer: tools, and bytes of all their declarations; and of what is told about it. */
const MOST = { tools: 1000, bytes: 4 * 2 ** 20, pages: 100, suspicions: 50 };
/** Characters that MCP allows in a tool's name, and spaces; a name that hides something is refused. */
const NAME = /^[\w./ :@-]{1,128}$/;

export interface Offer {
  tools: readonly Tool[];
  /** sha256 over all that is declared, as it was declared. */
  contract: string;
  /** Suspicions in the words of all that. */
  suspicions: readonly Suspicion[];
}

/** Reads all pages of a server's tools. Rejects with VSM_MCP past the bounds or when a tool is malformed. */
export async function listTools(client: Client, timeout: number, signal: AbortSignal): Promise<Offer> {
  const tools: Tool[] = [];
  const seen = new Set<string>();
  let bytes = 0;
  let cursor: string | undefined;
  if (client.getServerCapabilities()?.tools === undefined) return offer(tools, client.getInstructions());
  for (let page = 0; page === 0 || cursor !== undefined; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const result = await client.request({ method: 'tools/list', params }, ListToolsResultSchema, { timeout, signal });
    bytes += JSON.stringify(result.tools).length;
    for (const tool of result.tools) tools.push(checked(tool, seen));
    if (tools.length > MOST.tools || bytes > MOST.bytes || page >= MOST.pages) {
      throw new VsmError(
        'VSM_MCP',
        `it offers more than ${MOST.tools} tools or 4 MiB of declarations; use another server`,
      );
    }
    cursor = result.nextCursor;
  }
  return offer(tools, client.getInstructions());
}

function checked(declared: unknown, seen: Set<string>): Tool {
  const tool = Tool.parse(declared);
  if (!NAME.test(tool.name) || seen.has(tool.name)) {
    const why = seen.has(tool.name) ? 'is there twice' : 'has characters that a name must not have';
    throw new VsmError(
      'VSM_MCP',
      `the name of its tool ${JSON.stringify(cleanText(tool.name, 128))} ${why}; use another server`,
    );
  }
  seen.add(tool.name);
  return tool;
}

function offer(tools: readonly Tool[], instructions: string | undefined): Offer {
  const declared = tools
    .map(({ name, title, description, inputSchema, outputSchema, annotations }) => ({
      name,
      title,
      description,
      inputSchema,
      outputSchema,
      annotations,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const suspicions = [
    ...suspicionsIn('instructions', instructions),
    ...declared.flatMap(({ name, ...words }) => suspicionsIn(name, words)),
  ];
  return {
    tools: tools.map(shown),
    contract: sha256(canonicalJson({ instructions, tools: declared })),
    suspicions: suspicions.slice(0, MOST.suspicions),
  };
}

/** As it may be shown: the hash is over the words as they were, this is without what hides in them. */
function shown(tool: Tool): Tool {
  return {
    ...tool,
    ...(tool.title !== undefined && { title: cleanText(tool.title, 200) }),
    ...(tool.description !== undefined && { description: cleanText(tool.description) }),
    inputSchema: readable(tool.inputSchema),
    ...(tool.outputSchema !== undefined && { outputSchema: readable(tool.outputSchema) }),
  };
}

/** Keys of a schema whose values are data, to be kept as they are. */
const DATA = new Set(['default', 'const', 'enum', 'examples']);

/** A schema with its titles and descriptions cleaned, however deep they are. */
function readable(schema: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (DATA.has(key)) return [key, value];
      if (typeof value === 'string') return [key, ['title', 'description'].includes(key) ? cleanText(value) : value];
      return [key, readableIn(value)];
    }),
  );
}

function readableIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(readableIn);
  return isRecord(value) ? readable(value) : value;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
