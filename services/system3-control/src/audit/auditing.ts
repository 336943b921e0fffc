import type { ServiceContext } from '@vsmcp/service';
import {
  Algedonic,
  type Audit,
  Audited,
  type DataOf,
  type Finding,
  type Load,
  type Outcome,
  reasonOf,
  word,
} from '@vsmcp/vsm';
import { judge } from './judge.js';
import { Loads, listen, type UnitOf, witness } from './round.js';

/** How System 3* audits. Times in ms. */
export interface AuditOptions {
  /** From the beginning of one audit to the next. */
  every: number;
  /** How long outcomes are listened to. */
  listen: number;
  /** How long evidence is waited for. */
  patience: number;
  /** Operations that are compared. */
  samples: number;
}

/**
 * An audit every half minute. What a replica always reports falsely is found by the first sample of it; what it does one time in n is missed
 * by s samples with probability (1 − 1/n)^s: one in ten by 20 of them in 12 %, by three audits in 0.2 %.
 */
export const USUAL_AUDIT: AuditOptions = { every: 30_000, listen: 5000, patience: 1500, samples: 20 };

/** Operations of a unit that must agree before it no longer hurts. */
const ENOUGH = 5;

type Said = DataOf<typeof Outcome>;

/** System 3*: looks past the reports at what the units did. Sporadic, and one audit at a time. */
export function auditing(context: ServiceContext, epoch: number, options: AuditOptions, unitOf: UnitOf) {
  const { clock, ids, instance, journal, log, metrics, random } = context;
  const audited = metrics.counter('vsmcp_audited_operations_total', 'Operations that System 3* compared with evidence');
  const found = metrics.counter('vsmcp_audit_findings_total', 'What did not agree', ['kind']);
  const loads = new Loads();
  /** Unit → since when its account does not hold. */
  const hurting = new Map<string, number>();
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let running: Promise<void> | undefined;
  let last: Audit | undefined;

  async function audit(): Promise<void> {
    const name = ids();
    const { counting, said, counted } = await listen(context, loads, options.listen, stopped);
    const chosen = pick(said, options.samples, random);
    if (stopped.aborted || chosen.length + counted === 0) return;
    const { samples, grounds } = await witness(context, chosen, name, { ...options, unitOf }, stopped);
    if (stopped.aborted) return;
    const findings = [...samples.flatMap((sample) => judge(sample, grounds)), ...counting.findings()];
    const witnessed = samples.filter(({ ended }) => ended !== undefined).length;
    const outcomes: Audit['outcomes'] = {};
    for (const { outcome } of chosen) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    last = { audit: name, sampled: samples.length, witnessed, counted, outcomes, findings };
    audited.inc(samples.length);
    for (const { kind } of findings) found.inc({ kind });
    await context.say(Audited, `s3.${instance}.audited`, last);
    if (findings.length > 0) {
      await journal.append({ system: 's3', epoch, type: 'audit.found', cause: name, data: last });
      log.warn({ audit: name, findings }, 'what was reported is not what happened');
    }
    await tell(findings, chosen);
  }

  /** System 5 is told of each unit whose account does not hold, and when it holds again. */
  async function tell(findings: readonly Finding[], chosen: readonly Said[]): Promise<void> {
    const now = clock.now();
    for (const unit of new Set(findings.map((finding) => finding.unit))) {
      const mine = findings.filter((finding) => finding.unit === unit);
      const [first] = mine;
      if (!first) continue;
      const more = mine.length > 1 ? `, and ${mine.length - 1} more` : '';
      const what = `${first.instance} reported ${first.reported}; ${first.found}${more}`;
      const since = hurting.get(unit) ?? now;
      hurting.set(unit, since);
      await context.say(Algedonic, `pain.s3.${word(unit)}`, {
        ...{ alert: `audit:${unit}`, severity: 'pain', unit, what, since },
      });
    }
    for (const [unit, since] of hurting) {
      const agreed = chosen.filter((said) => said.unit === unit).length;
      if (agreed < ENOUGH || findings.some((finding) => finding.unit === unit)) continue;
      hurting.delete(unit);
      const what = `${agreed} operations agree with what was reported`;
      await context.say(Algedonic, `pleasure.s3.${word(unit)}`, {
        ...{ alert: `audit:${unit}`, severity: 'pleasure', unit, what, since },
      });
    }
  }

  return {
    loads: (load: DataOf<typeof Load>) => loads.heard(load),
    /** The last audit in which there was something to look at. */
    last: (): Audit | undefined => last,
    /** @returns how to stop */
    start(): () => Promise<void> {
      const stop = clock.every(options.every, () => {
        running ??= audit()
          .catch((error: unknown) => log.warn({ err: error }, `an audit could not be made: ${reasonOf(error)}`))
          .finally(() => {
            running = undefined;
          });
      });
      return async () => {
        stop();
        stopping.abort();
        await running;
      };
    },
  };
}

/** Some of them, each as likely as any other. */
function pick<T>(from: readonly T[], most: number, random: () => number): T[] {
  const left = [...from];
  const picked: T[] = [];
  while (picked.length < most && left.length > 0) {
    const [one] = left.splice(Math.floor(random() * left.length), 1);
    if (one !== undefined) picked.push(one);
  }
  return picked;
}
