import type { FleetConfig } from '@vsmcp/service';
import { AgentGrant, type Answer, type Asked, agentName, type Capability, grantsOfAgent, isSafe } from '@vsmcp/vsm';

type Agents = FleetConfig['gateway']['agents'];

/** Name of the rule that a refusal names. */
const RULE = 'gateway.agents';

/** Permits an agent's act when it has the grant for it. A refusal names the line of vsmcp.yaml that would grant it. */
export function permitAgent(
  agents: Agents,
  { action, by, server, tool }: Asked<'permit'>,
  capability: Capability | undefined,
): Answer<'permit'> {
  const grant = AgentGrant.safeParse(action);
  const name = agentName(by);
  if (!grant.success || name === undefined) {
    const because = `${action} by ${by} is no act of an agent; those are ${AgentGrant.options.join(', ')}`;
    return { permitted: false, rule: 'permit.action', because };
  }
  const may = grantsOfAgent(agents, name);
  if (may.includes(grant.data)) return { permitted: true, rule: RULE, because: `${by} may ${grant.data}` };
  const safe = capability !== undefined && tool !== undefined && isSafe(capability, tool);
  if (grant.data === 'call_tool' && safe && may.includes('call_safe')) {
    return { permitted: true, rule: RULE, because: `${by} may call_safe, and ${server}.${tool} is safe` };
  }
  const needed = grant.data === 'call_tool' && safe ? 'call_safe' : grant.data;
  const what =
    grant.data === 'call_tool' ? `call ${server}.${tool}${safe ? '' : ', which may change something'}` : needed;
  const token = agents[name]?.token === undefined ? '' : 'token: …, ';
  return {
    permitted: false,
    rule: RULE,
    because: `agent ${name} may not ${what}; this line in vsmcp.yaml, below gateway.agents, would grant it: ${name}: { ${token}may: [${[...may, needed].join(', ')}] }`,
  };
}

/** ms in which the same refusal is journalled once. */
const QUIET = 60_000;
const MOST_REMEMBERED = 1000;

/** An act that somebody wanted and may not do. */
interface Act {
  action: string;
  by: string;
  /** The server it was to be done with. */
  server?: string | undefined;
  tool?: string | undefined;
}

/** Tells refusals that say something new from those that repeat, so that who insists does not fill the journal. */
export class Refusals {
  readonly #last = new Map<string, number>();

  /** @param now ms since the epoch */
  isNews({ action, by, server, tool }: Act, now: number): boolean {
    const key = JSON.stringify([action, by, server, tool]);
    const last = this.#last.get(key);
    if (last !== undefined && now - last < QUIET) return false;
    this.#last.delete(key);
    this.#last.set(key, now);
    const [oldest] = this.#last.keys();
    if (this.#last.size > MOST_REMEMBERED && oldest !== undefined) this.#last.delete(oldest);
    return true;
  }
}
