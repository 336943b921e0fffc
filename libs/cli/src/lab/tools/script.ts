import { Duration, Grants, isKey, UnitName } from '@vsmcp/vsm';
import { z } from 'zod';

const EventType = z.string().refine(isKey, 'an event type');

/** The kind an argument must be of: a type, or a JSON schema of a string with a pattern. */
const Argument = z.union([
  z.enum(['string', 'number', 'boolean', 'object', 'array']),
  z.strictObject({ pattern: z.string().refine(isRegExp, 'a regular expression'), describes: z.string().optional() }),
]);

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** How long something takes: always the same, or by chance, log-normal. */
const Takes = z.union([Duration, z.strictObject({ median: Duration, p99: Duration })]);

/** The world's reaction to a call: an event whose data are the call's arguments. */
const Effect = z.strictObject({
  publish: EventType,
  after: Duration.default(0),
  /** Set over the arguments. */
  data: z.record(z.string(), z.unknown()).default({}),
});

export const ToolScript = z.strictObject({
  describes: z.string().default(''),
  needs: z.record(z.string(), Argument).default({}),
  reads: z.boolean().default(false),
  idempotent: z.boolean().default(false),
  takes: Takes.default(20),
  /** Share of calls that end in the tool's own error. */
  fails: z.number().min(0).max(1).default(0),
  /**
   * The arguments follow in the answer: a tool that says the same whatever it is asked looks as if it did not listen.
   */
  answers: z.string().default('done'),
  causes: z.array(Effect).default([]),
});
export type ToolScript = z.infer<typeof ToolScript>;

/** A scripted MCP server. */
export const ServerScript = z.strictObject({
  starts: Takes.default(500),
  parallel: z.boolean().default(false),
  tools: z.record(z.string(), ToolScript),
});
export type ServerScript = z.infer<typeof ServerScript>;

/** A scripted server that the fleet may find and acquire. */
export const Offer = ServerScript.extend({
  /** As registries name it: `io.github.lab/cron`. */
  name: z.string().regex(/^[a-z0-9.-]+\/[a-z0-9._-]+$/, 'namespace/name'),
  describes: z.string(),
  installs: Takes.default(5000),
  grants: Grants.prefault({}),
});
export type Offer = z.infer<typeof Offer>;

/**
 * Those that the fleet has from the beginning may have what vsmcp.yaml says of how much and when they may be called; it
 * is checked there.
 */
export const Servers = z.record(
  UnitName,
  ServerScript.extend({ rate: z.string().optional(), open: z.array(z.unknown()).optional() }),
);
