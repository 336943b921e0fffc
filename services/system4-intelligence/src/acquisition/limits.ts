import type { FleetConfig } from '@vsmcp/service';

/** How long each step may take (ms), and how much is done in one round. */
export interface Limits {
  /** For the registries to answer. */
  search: number;
  /** For System 5 to answer a proposal. */
  verdict: number;
  /** For System 1 to fetch, start and try a server. */
  tried: number;
  /** For an installed server to be ready. */
  ready: number;
  /** For the gap to close, since it last shrank. */
  confirm: number;
  /** For refused events to be settled, before more of the same type count as new. */
  settling: number;
  /** Before a type that was tried in vain is tried again, the first time; then twice as long each time, up to 64 times. */
  retry: number;
  /** How long a probe is good for. */
  ttl: number;
  /** Types looked at in one round, those with the most waiting events. */
  types: number;
  /** Names of the rules that forbid. */
  forbids: ReadonlySet<string>;
}

export function limitsOf({ settings, policy }: Pick<FleetConfig, 'settings' | 'policy'>): Limits {
  return {
    search: 60_000,
    verdict: settings.decision_timeout,
    tried: 180_000,
    ready: 180_000,
    confirm: 30_000,
    settling: 5000,
    retry: settings.mcp_discovery_interval,
    ttl: settings.mcp_capability_cache_ttl,
    types: 50,
    forbids: new Set(policy.forbid.map((rule) => rule.name)),
  };
}
