import type { Clock } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import type { Log } from '../log.js';
import { Campaign } from './campaign.js';
import type { Leaderships, LossCause } from './leadership.js';
import { holderOf, type Now, openLease } from './lease.js';
import type { Renewer } from './renewer.js';
import { renewerFor } from './renewers.js';
import { type LeaseTiming, monotonicTime, TIMING } from './timing.js';

export interface LeadershipOptions extends Partial<LeaseTiming> {
  /** `<instance>/<anything>`. Unlike any other process's, and unlike this instance's own before a restart. */
  holder: string;
  clock: Clock;
  log: Log;
  /** Milliseconds on a clock that nobody sets. Where it is given, leases are renewed on this thread. */
  monotonic?: () => number;
  /**
   * The clock that all holders share, where it is not the database's own: in a lab, whose time is not the machine's.
   */
  now?: Now;
  /** Told of each lease that is lost. */
  lost?: (name: string, cause: LossCause) => void;
}

export interface OpenLeaderships extends Leaderships {
  /** False where this instance campaigned for that lease and it is not confirmed now. */
  mayAct(name: string): boolean;
  /** The same, after the database was asked once more where a confirmation has just ended. */
  mayActAgain(name: string): Promise<boolean>;
  /** Stops leading everywhere and gives the leases back. */
  stop(): Promise<void>;
}

export function openLeaderships(database: Database, options: LeadershipOptions): OpenLeaderships {
  const { holder, clock, log, monotonic = monotonicTime, now, lost = () => {} } = options;
  const { ttl = TIMING.ttl, renew = TIMING.renew, margin = TIMING.margin } = options;
  // An embedded database is this process's alone: nobody can take a lease while it does not answer.
  const patience = database.kind === 'embedded' ? Number.POSITIVE_INFINITY : margin / 2;
  const campaigns = new Map<string, Campaign>();
  const stopping = new Set<Campaign>();
  let renewer: Renewer | undefined;
  return {
    campaign(name, lead) {
      renewer ??= renewerFor(database, { clock, monotonic, now, every: renew, log });
      const timing = { ttl, renew, margin };
      const lease = openLease(database, name, holder, now);
      const campaign = new Campaign(lease, lead, { clock, log, monotonic, timing, renewer, patience, lost });
      const before = campaigns.get(name);
      if (before !== undefined) stopping.add(before);
      campaigns.set(name, campaign);
      return campaign;
    },
    leader: async (name) => (await holderOf(database, name, now))?.split('/')[0],
    mayAct: (name) => campaigns.get(name)?.confirmed ?? true,
    mayActAgain: async (name) => (await campaigns.get(name)?.confirmedAgain()) ?? true,
    async stop() {
      await Promise.all([...campaigns.values(), ...stopping].map((campaign) => campaign.stop()));
      await renewer?.close();
      renewer = undefined;
    },
  };
}
