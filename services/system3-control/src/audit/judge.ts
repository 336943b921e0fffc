import {
  bySpecificity,
  type Capability,
  type DataOf,
  type Ended,
  type Finding,
  type Load,
  matches,
  type Outcome,
  type OutcomeKind,
  type Units,
} from '@vsmcp/vsm';

/**
 * Counts may differ by this much, or by this part, without anybody having counted wrongly: what happened at the edges
 * of the time looked at.
 */
const EDGE = 3;
const EDGE_PART = 0.05;
/** How far the clocks of two instances may lie apart, ms. */
const CLOCKS = 5000;

/** One operation, as it was reported, as the ledger has it, and as the unit saw it end. */
export interface Sample {
  reported: DataOf<typeof Outcome>;
  booked?: { outcome: OutcomeKind | null; attempt: number } | undefined;
  ended?: Ended | undefined;
}

/** The facts that operations are judged by. */
export interface Grounds {
  units: Units;
  capabilities: readonly Capability[];
  /** Claim → token, as System 2 granted them since `since` (ms since the epoch). */
  granted: ReadonlyMap<string, number>;
  since: number;
}

/** The points in which the accounts of one operation do not agree. */
export function judge({ reported, booked, ended }: Sample, grounds: Grounds): Finding[] {
  const { unit, instance, outcome, tool, event, attempts } = reported;
  const about = { unit, instance, event: { source: event.source, id: event.id } };
  const findings: Finding[] = [];
  const find = (kind: Finding['kind'], claimed: string, found: string) =>
    findings.push({ kind, ...about, reported: claimed, found });
  if (booked === undefined) find('outcome', outcome, 'the ledger does not know the event');
  // A later attempt may have ended otherwise: then the ledger no longer says how this one did.
  else if (booked.attempt === attempts && booked.outcome !== outcome)
    find('outcome', outcome, `the ledger has ${booked.outcome ?? 'no outcome'}`);
  if (ended && ended.attempt === attempts && outcome === 'answered' && ended.ended === 'failed')
    find('outcome', outcome, 'the unit saw the call fail');
  // The answers of a unit that is a system are that fleet's to audit.
  const here = reported.below === undefined;
  if (here && tool !== undefined && outcome === 'answered' && !isOffered(tool, grounds.capabilities))
    find('contract', `answered by ${tool}`, 'its server does not offer that tool');
  if (ended && needsClaims(grounds.units, unit, event.type)) {
    const lacking = lackOf(ended, grounds);
    if (lacking !== undefined) find('claim', 'done with the leases that it needs', lacking);
  }
  return findings;
}

function lackOf({ claims, at }: Ended, { granted, since }: Grounds): string | undefined {
  if (claims.length === 0) return 'done without a lease';
  if (at < since + CLOCKS) return undefined;
  const unknown = claims.find(({ claim, token }) => granted.get(claim) !== token);
  return unknown ? `System 2 never granted ${unknown.claim}` : undefined;
}

function needsClaims(units: Units, unit: string, type: string): boolean {
  const responses = Object.entries(units[unit]?.responses ?? {}).filter(([pattern]) => matches(pattern, type));
  const [response] = responses.sort(([a], [b]) => bySpecificity(a, b)).map(([, answer]) => answer);
  return typeof response === 'object' && response.claims !== undefined && response.claims.length > 0;
}

/** A server whose tools are not known yet offers any. */
function isOffered(tool: string, capabilities: readonly Capability[]): boolean {
  const dot = tool.indexOf('.');
  const row = capabilities.find(({ server }) => server === tool.slice(0, dot));
  if (!row) return false;
  const name = tool.slice(dot + 1);
  const approved = row.only === undefined || row.only.includes(name);
  return approved && (row.tools.length === 0 || row.tools.some((known) => known.name === name));
}

interface Count {
  instance: string;
  unit: string;
  outcome: string;
  said: number;
  reported: number;
}

/**
 * Outcomes by replica and unit, in the same time: as they were said one by one, and as the replica's reports sum them
 * up.
 */
export class Counting {
  readonly #counts = new Map<string, Count>();

  said({ instance, unit, outcome }: Pick<DataOf<typeof Outcome>, 'instance' | 'unit' | 'outcome'>): void {
    this.#count(instance, unit, outcome).said += 1;
  }

  reported({ instance, units }: Pick<DataOf<typeof Load>, 'instance' | 'units'>): void {
    for (const [unit, { outcomes }] of Object.entries(units))
      for (const [outcome, n] of Object.entries(outcomes)) this.#count(instance, unit, outcome).reported += n;
  }

  findings(): Finding[] {
    return [...this.#counts.values()].flatMap(({ instance, unit, outcome, said, reported }): Finding[] => {
      // Events that no unit absorbs are in no unit's count.
      if (unit === '' || Math.abs(reported - said) <= Math.max(EDGE, EDGE_PART * said)) return [];
      return [{ kind: 'count', unit, instance, reported: `${reported} ${outcome}`, found: `${said} were said` }];
    });
  }

  #count(instance: string, unit: string, outcome: string): Count {
    const key = JSON.stringify([instance, unit, outcome]);
    const known = this.#counts.get(key);
    if (known) return known;
    const fresh = { instance, unit, outcome, said: 0, reported: 0 };
    this.#counts.set(key, fresh);
    return fresh;
  }
}
