import { everyWhenIdle, type ServiceContext } from '@vsmcp/service';
import { Algedonic, type Audit, Audited, type DataOf, type Finding, type Load, word } from '@vsmcp/vsm';
import { HurtingAccounts } from './hurting.js';
import { judge, type Sample } from './judge.js';
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
 * An audit every half minute. What a replica always reports falsely is found by the first sample of it; what it does
 * one time in n is missed by s samples with probability (1 − 1/n)^s: one in ten by 20 of them in 12 %, by three audits
 * in 0.2 %.
 */
export const USUAL_AUDIT: AuditOptions = { every: 30_000, listen: 5000, patience: 1500, samples: 20 };

/** System 3*: looks past the reports at what the units did. Sporadic, and one audit at a time. */
export function auditing(context: ServiceContext, epoch: number, options: AuditOptions, unitOf: UnitOf) {
  const { ids, instance, journal, log, metrics, random } = context;
  const audited = metrics.counter('vsmcp_audited_operations_total', 'Operations that System 3* compared with evidence');
  const found = metrics.counter('vsmcp_audit_findings_total', 'What did not agree', ['kind']);
  const loads = new Loads();
  const accounts = new HurtingAccounts();
  const stopping = new AbortController();
  const stopped = stopping.signal;
  let last: Audit | undefined;

  async function audit(): Promise<void> {
    const name = ids();
    const { counting, ended, counted } = await listen(context, loads, options.listen, stopped);
    const chosen = pick(ended, options.samples, random);
    if (stopped.aborted || chosen.length + counted === 0) return;
    const { samples, grounds } = await witness(context, chosen, name, { ...options, unitOf }, stopped);
    if (stopped.aborted) return;
    const findings = [...samples.flatMap((sample) => judge(sample, grounds)), ...counting.findings()];
    last = auditOf(name, samples, counted, findings);
    audited.inc(samples.length);
    for (const { kind } of findings) found.inc({ kind });
    await context.say(Audited, `s3.${instance}.audited`, last);
    if (findings.length > 0) {
      await journal.append({ system: 's3', epoch, type: 'audit.found', cause: name, data: last });
      log.warn({ audit: name, findings }, 'what was reported is not what happened');
    }
    for (const alert of accounts.judge(findings, chosen, context.clock.now()))
      await context.say(Algedonic, `${alert.severity}.s3.${word(alert.unit)}`, alert);
  }

  return {
    loads: (load: DataOf<typeof Load>) => loads.heard(load),
    /** The last audit in which there was something to look at. */
    last: (): Audit | undefined => last,
    /** @returns how to stop */
    start(): () => Promise<void> {
      const stop = everyWhenIdle(context, options.every, audit, 'an audit could not be made', 'warn');
      return () => {
        stopping.abort();
        return stop();
      };
    },
  };
}

function auditOf(audit: string, samples: readonly Sample[], counted: number, findings: Finding[]): Audit {
  const witnessed = samples.filter(({ ended }) => ended !== undefined).length;
  const outcomes: Audit['outcomes'] = {};
  for (const { reported } of samples) outcomes[reported.outcome] = (outcomes[reported.outcome] ?? 0) + 1;
  return { audit, sampled: samples.length, witnessed, counted, outcomes, findings };
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
