import {
  Acquisition,
  AlertState,
  CapabilityState,
  type DataOf,
  Loop,
  loopText,
  Outcome,
  Stage,
  Verdict,
} from '@vsmcp/vsm';
import { z } from 'zod';
import { count, line } from '../output.js';
import { typed } from '../typed.js';

/** System 5's verdict as the stream sums it up. */
const VerdictSummary = z.looseObject({
  proposal: z.string(),
  stage: Stage,
  type: z.string(),
  server: z.string(),
  /** Name and version in the registry. */
  candidate: z.string(),
  tool: z.string().optional(),
  verdict: Verdict.data.shape.verdict,
  rule: z.string(),
  because: z.string(),
  by: z.string(),
});

/** A capability's state as the stream sums it up: its tools by name. */
const CapabilitySummary = CapabilityState.data.omit({ tools: true }).extend({ tools: z.array(z.string()) });

/** The events of the gateway's stream that are told here, and what each carries. */
export const Heard = z.discriminatedUnion('event', [
  z.object({ event: z.literal('outcome'), data: Outcome.data }),
  z.object({ event: z.literal('acquisition'), data: Acquisition.data }),
  z.object({ event: z.literal('verdict'), data: VerdictSummary }),
  z.object({ event: z.literal('alert'), data: AlertState.data }),
  z.object({ event: z.literal('loop'), data: Loop.data }),
  z.object({ event: z.literal('capability'), data: CapabilitySummary }),
]);
export type Heard = z.infer<typeof Heard>;

/** Whom or what a line is about, and what there is to say. */
export interface Note {
  about: string;
  text: string;
}

/** ` 20s file.cron      3 waiting · nothing answers it`. @param ms since the fleet was ready */
export function told(ms: number, { about, text }: Note): string {
  return `${elapsed(ms).padStart(4)} ${line(about, 40).padEnd(14)} ${line(text, 400)}`;
}

/** `20s`, `3m05s`, `2h07m` */
function elapsed(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 180) return `${seconds}s`;
  const pad = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes}m${pad(seconds % 60)}s`;
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** The line to say at once about one event of the stream; outcomes are added up instead, see tally.ts. */
export function noteOf(heard: Heard): Note | undefined {
  switch (heard.event) {
    case 'outcome':
      return undefined;
    case 'acquisition':
      return acquisitionNote(heard.data);
    case 'verdict':
      return verdictNote(heard.data);
    case 'alert':
      return alertNote(heard.data);
    case 'loop':
      return loopNote(heard.data);
    case 'capability':
      return capabilityNote(heard.data);
  }
}

/** A decision on a server. Only what ends something is told: allowed to be used, denied, or a person is asked. */
function verdictNote(decision: z.infer<typeof VerdictSummary>): Note | undefined {
  const { proposal, type, stage, server, candidate, tool, verdict, rule, by, because } = decision;
  const what = `${server} ${candidate.split(' ')[1] ?? ''}`.trim();
  const decided = by === 'policy' ? rule : `by ${by}`;
  const allowed = by === 'policy' ? line(because, 80) : `by ${by}`;
  if (stage === 'remove' || stage === 'refuse') return undefined; // told by the acquisition, and by the outcomes
  if (verdict === 'ask') {
    return { about: type, text: `${what} asks: ${line(because, 160)} · ${typed(`decisions approve ${proposal}`)}` };
  }
  if (verdict === 'deny') return { about: type, text: `${what} · denied: ${decided}` };
  if (stage === 'install') return { about: tool ?? type, text: `${what} · allowed: ${allowed}` };
  return by === 'policy' ? undefined : { about: type, text: `${what} · ${stage} allowed ${allowed}` };
}

/** How an acquisition ended, where neither a decision nor an answered event tells. */
function acquisitionNote({
  type,
  step,
  server,
  candidate,
  version,
  because,
}: DataOf<typeof Acquisition>): Note | undefined {
  const what = [server ?? candidate, version].filter(Boolean).join(' ');
  switch (step) {
    case 'nothing-found':
      return { about: type, text: `nothing found that answers it: ${because}` };
    case 'failed':
      return { about: type, text: `${what} failed: ${because}` };
    case 'rolled-back':
      return { about: type, text: `${what} taken out again: ${because}` };
    default:
      return undefined;
  }
}

/** Pain, on its way up and when it is over. */
function alertNote({ alert, severity, unit, what, level, told, by }: DataOf<typeof AlertState>): Note {
  const short = line(what, 240);
  const text = {
    owner: `${severity}: ${what}${told.length > 0 ? ` · told ${told.join(', ')}` : ''}`,
    system5: `nobody acknowledged: ${severity} climbs to System 5: ${short} · ${typed(`algedonic ack ${alert}`)}`,
    acknowledged: `acknowledged by ${by ?? 'somebody'}: ${what}`,
    closed: `over: ${what}`,
  }[level];
  return { about: unit, text };
}

/** Units that undo each other, shares that swing, a server that comes and goes. */
function loopNote(loop: DataOf<typeof Loop>): Note {
  const { resource, units, state, before, limit, first } = loop;
  if (first && state === 'damped') return { about: first.unit, text: `comes first on ${resource}: ${first.because}` };
  const text = {
    found: `${loopText({ units: [], resource }).trim()}, ${count(Math.round(before), 'turn')} a minute`,
    damped: `System 2 cools them on ${resource}: from ${Math.round(before)} to at most ${count(limit, 'turn')} a minute`,
    settled: `quiet again on ${resource}`,
  }[state];
  return { about: units.join(' ↔ '), text };
}

/** A server that came or went. Acquired ones are told by the decision and by what they answer. */
function capabilityNote({
  server,
  state,
  reason,
  confinement,
  tools,
  proposal,
}: z.infer<typeof CapabilitySummary>): Note | undefined {
  if (state !== 'ready') return { about: server, text: `${state}${reason ? `: ${reason}` : ''}` };
  if (proposal !== undefined) return undefined;
  return { about: server, text: `ready, ${count(tools.length, 'tool')}${confinement ? ` · ${confinement}` : ''}` };
}
