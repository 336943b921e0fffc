import { z } from 'zod';
import { type Capability, grantsOf, isContained } from './capability.js';

/**
 * Rights of an agent that speaks MCP; reading needs none. Each but `call_safe` is the name of the gateway's tool.
 * `find_tool`: search, and have its unmet wishes counted as demand. `call_safe`: call tools that are safe (see
 * `isSafe`). `call_tool`: call any tool that no rule of policy forbids, by `call_tool` and `operations_run`.
 */
export const AgentGrant = z.enum([
  'find_tool',
  'call_safe',
  'call_tool',
  'events_publish',
  'capabilities_acquire',
  'held_replay',
  'held_discard',
  'decisions_decide',
  'alerts_acknowledge',
]);
export type AgentGrant = z.infer<typeof AgentGrant>;

/**
 * The agent that has no token: whoever reaches the gateway. All of them are one, so that none approves what another
 * asked for.
 */
export const ANYONE = 'anyone';
/** Grants of an agent where the configuration does not say. */
export const USUAL_GRANTS: readonly AgentGrant[] = ['find_tool', 'call_safe'];

export const Agent = z.strictObject({
  token: z
    .string()
    // as sha256sum prints it for its standard input
    .overwrite((text) => text.replace(/\s+\*?-$/, ''))
    .regex(/^[0-9a-f]{64}$/, 'the sha256 of a token: 64 hex digits (vsmcp token make <name> makes both)')
    .optional()
    .meta({
      description:
        "SHA-256 in hex of the agent's bearer token, so that the token itself stands in no file. Absent: of `anyone` only.",
      examples: ['9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'],
    }),
  may: z
    .array(AgentGrant)
    .default([...USUAL_GRANTS])
    .meta({
      description: "Grants of the agent: names of the gateway's tools, and call_safe. Reading needs none.",
      examples: [['find_tool', 'call_safe', 'events_publish']],
    }),
});
export type Agent = z.infer<typeof Agent>;

/** Grants of an agent by its name; none for a name that nobody has. */
export function grantsOfAgent(
  agents: Readonly<Record<string, Pick<Agent, 'may'>>>,
  name: string,
): readonly AgentGrant[] {
  const agent = Object.hasOwn(agents, name) ? agents[name] : undefined;
  return agent?.may ?? (name === ANYONE ? USUAL_GRANTS : []);
}

const PREFIX = 'agent:';

/** An agent as a principal: what stands as `by` in petitions, proposals and the journal. */
export function agentPrincipal(name: string): string {
  return `${PREFIX}${name}`;
}

/** The agent's name, or undefined when the principal is no agent. */
export function agentName(by: string): string | undefined {
  return by.startsWith(PREFIX) ? by.slice(PREFIX.length) : undefined;
}

/**
 * Calling it can harm nothing beyond the server's own folder: the server is contained, or says of the tool that it only
 * reads (its word, which was approved with its contract).
 */
export function isSafe({ spec, tools }: Pick<Capability, 'spec' | 'tools'>, tool: string): boolean {
  return isContained(grantsOf(spec)) || tools.find(({ name }) => name === tool)?.annotations?.readOnlyHint === true;
}
