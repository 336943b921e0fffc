import type { ServiceContext } from '@vsmcp/service';
import type { Answer } from '@vsmcp/vsm';
import type { Answered } from './answers.js';
import type { Leases } from './leases.js';
import { Remembered, type Resolution, Resolved } from './resolved.js';

/**
 * The account of claims: for metrics, for people (`vsmcp coordination`), and for System 3*, which audits what was
 * granted.
 */
export function claimAccount({ clock, metrics }: Pick<ServiceContext, 'clock' | 'metrics'>, leases: Leases) {
  const claims = metrics.counter('vsmcp_claims_total', 'Answers to claims', ['answer']);
  const waits = metrics.histogram('vsmcp_claim_wait_seconds', 'From claim to grant');
  const held = metrics.gauge('vsmcp_leases', 'Leases held');
  const conflicts = metrics.counter('vsmcp_conflicts_resolved_total', 'Claims that had to wait, and loops damped');
  const resolved = new Resolved();
  const remembered = new Remembered(clock.now());
  for (const { claim, token } of leases.held) remembered.add(claim, token, clock.now());

  function resolve(resolution: Resolution): void {
    resolved.add(resolution);
    conflicts.inc();
  }

  return {
    resolved,
    resolve,
    /** The tokens under which claims were granted, and since when all of them are remembered. */
    granted: (claims: readonly string[]): Answer<'granted'> => ({
      since: remembered.since,
      granted: remembered.of(claims),
    }),
    /** @returns the answers that gave a unit its turn, and not only a longer one */
    answered(answers: readonly Answered[], now: number): Answered[] {
      for (const { grant } of answers) claims.inc({ answer: grant.granted ? 'granted' : 'wait' });
      const turns = answers.filter(({ grant, renewed }) => grant.granted && !renewed);
      for (const { grant, unit, resources, since, behind } of turns) {
        const waited = now - since;
        if (grant.token !== undefined) remembered.add(grant.claim, grant.token, now);
        waits.observe(waited / 1000);
        resolved.granted(unit, waited, behind !== undefined);
        const names = resources.map(({ resource }) => resource);
        if (behind) resolve({ at: now, how: 'turn', unit, resources: names, waited, behind: [...behind] });
      }
      held.set(leases.size);
      return turns;
    },
  };
}

export type ClaimAccount = ReturnType<typeof claimAccount>;
