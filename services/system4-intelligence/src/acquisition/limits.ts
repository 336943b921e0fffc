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
  /**
   * Before a type that was tried in vain is tried again, the first time; then twice as long each time, up to 64 times.
   */
  retry: number;
  /** How long a probe is good for. */
  ttl: number;
  /** How long a better placed server that is being looked at is waited for when another is known to fit. */
  patience: number;
  /** How long a wish that nobody repeats waits. */
  wish: number;
  /** Types that are worked on at the same time; those that wait for a person do not count. */
  sagas: number;
  /** Servers looked at at the same time: each keeps a processor busy for seconds, and small machines have two. */
  probes: number;
  /**
   * Of the types that no server seems to be for, so many, those with the most waiting events, are told and journalled.
   */
  told: number;
  /** Policy allows what is contained by itself: nobody is asked. */
  contained: boolean;
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
    patience: 10_000,
    wish: 86_400_000,
    sagas: 8,
    probes: 2,
    told: 50,
    contained: policy.acquire.allow === 'contained',
    forbids: new Set(policy.forbid.map((rule) => rule.name)),
  };
}
