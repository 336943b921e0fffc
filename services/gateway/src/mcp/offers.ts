import type { Tool as DeclaredTool } from '@modelcontextprotocol/sdk/types.js';
import { cleanText } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { type Capability, isSafe, type Tool } from '@vsmcp/vsm';
import { put } from '../questions.js';
import { exposedName } from './names.js';

/**
 * Tools of the fleet as agents see them: those of servers that are ready, under names that stay the same, cut to what a
 * client can hold, and marked safe where calling them can harm nothing beyond the server's own folder.
 */

/** Time for which what was read is good: less than a person notices, enough for a burst of calls. ms */
const FRESH = 1000;
/** Characters of a description, and of all texts of a tool that are searched. */
const MOST_DESCRIPTION = 1500;
const MOST_TEXT = 4000;
/** Bytes of an input schema; a larger one is shown without its descriptions. */
const MOST_SCHEMA = 16 * 1024;

/** A tool of a server that the fleet has ready. */
export interface Offer {
  server: string;
  tool: string;
  /** As it is shown to agents, under its exposed name. What the server says is cleaned, and still only its word. */
  declared: DeclaredTool;
  safe: boolean;
  /** Text that a wish is compared with. */
  text: string;
}

/** The tools of all ready capabilities, by exposed name. */
export class Offers {
  readonly #context: ServiceContext;
  #read: { at: number; offers: Promise<ReadonlyMap<string, Offer>> } | undefined;

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Rejects when System 3 does not answer. */
  all(): Promise<ReadonlyMap<string, Offer>> {
    const now = this.#context.clock.now();
    if (this.#read === undefined || now - this.#read.at > FRESH) {
      const offers = put(this.#context, 'capabilities', {}).then(({ capabilities }) => offersOf(capabilities));
      this.#read = { at: now, offers };
      offers.catch(() => {
        this.#read = undefined; // whoever waits sees the failure; the next one asks again
      });
    }
    return this.#read.offers;
  }
}

export function offersOf(capabilities: readonly Capability[]): ReadonlyMap<string, Offer> {
  const offers = new Map<string, Offer>();
  for (const row of capabilities) {
    if (row.state !== 'ready') continue;
    for (const tool of row.tools) {
      if (row.only !== undefined && !row.only.includes(tool.name)) continue;
      const offer = offerOf(row, tool);
      if (!offers.has(offer.declared.name)) offers.set(offer.declared.name, offer);
    }
  }
  return offers;
}

function offerOf(row: Capability, tool: Tool): Offer {
  const description = cleanText(tool.description ?? tool.title ?? '', MOST_DESCRIPTION);
  const title = cleanText(tool.title ?? tool.name, 200);
  const schema = shownSchema(tool.inputSchema);
  const { readOnlyHint, destructiveHint, idempotentHint } = tool.annotations ?? {};
  const names = Object.keys(isObject(schema.properties) ? schema.properties : {}).join(' ');
  return {
    server: row.server,
    tool: tool.name,
    safe: isSafe(row, tool.name),
    text: `${row.server} ${tool.name} ${title} ${description} ${names}`.slice(0, MOST_TEXT),
    declared: {
      name: exposedName(row.server, tool.name),
      title: `${row.server}: ${title}`,
      description,
      inputSchema: schema,
      annotations: {
        ...(readOnlyHint !== undefined && { readOnlyHint }),
        ...(destructiveHint !== undefined && { destructiveHint }),
        ...(idempotentHint !== undefined && { idempotentHint }),
      },
    },
  };
}

/** A server's schema without what hides in its texts; without any texts when it is too large. */
function shownSchema(schema: Record<string, unknown>): DeclaredTool['inputSchema'] {
  const clean = mapped(schema, (text) => cleanText(text, MOST_DESCRIPTION));
  const fits = JSON.stringify(clean).length <= MOST_SCHEMA;
  const short = fits ? clean : mapped(schema, () => '');
  const small = isObject(short) && JSON.stringify(short).length <= MOST_SCHEMA;
  return small ? { ...short, type: 'object' } : { type: 'object' };
}

/** Every text below a `description` or `title` key that is not a property's name. */
function mapped(value: unknown, text: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapped(item, text));
  if (!isObject(value)) return value;
  const kept = Object.entries(value).map(([key, inner]) =>
    typeof inner === 'string' && (key === 'description' || key === 'title')
      ? [key, text(inner)]
      : [key, mapped(inner, text)],
  );
  return Object.fromEntries(kept.filter(([, inner]) => inner !== ''));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
