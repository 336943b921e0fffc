import { on, pause, type ServiceContext } from '@vsmcp/service';
import {
  type DataOf,
  type Ended,
  Evidence,
  type Load,
  type OperationRef,
  Outcome,
  Probe,
  reasonOf,
  type Unit,
  type Units,
  word,
} from '@vsmcp/vsm';
import { Counting, type Grounds, type Sample } from './judge.js';

type OutcomeData = DataOf<typeof Outcome>;
type LoadReport = DataOf<typeof Load>;

/** A unit as it is by now. */
export type UnitOf = (name: string) => Unit | undefined;

/** Outcomes heard in one audit: with more, listening ends early, and they are not counted. */
const MOST_HEARD = 5000;
/** How much later (ms) than the report that counts it an outcome may come. */
const LATE = 500;
/** Ends of operations that were tried with a tool. */
const TRIED: ReadonlySet<string> = new Set(['answered', 'dead', 'doubt']);

interface Heard {
  outcome: OutcomeData;
  /** When it was said, ms since the epoch. */
  at: number;
}

/** The yield of one stretch of listening. */
export interface Listened {
  counting: Counting;
  /** Operations that were tried and ended, to choose samples from. */
  ended: OutcomeData[];
  /** Outcomes that were counted. */
  counted: number;
}

/**
 * Listens to outcomes as anybody outside hears them, for as long as whole reports of each replica cover. A replica's
 * count begins with its first report, whose end is the instant from which its outcomes count, and ends with its last.
 */
export async function listen(
  context: ServiceContext,
  loads: Loads,
  ms: number,
  stopped: AbortSignal,
): Promise<Listened> {
  const heard: Heard[] = [];
  const seen = new Set<string>();
  const reports: LoadReport[] = [];
  let full = () => {};
  const enough = new Promise<void>((resolve) => {
    full = resolve;
  });
  const ear = await context.hear(
    { channel: 'outcome', bind: ['#'] },
    [
      on(Outcome, async ({ data, id, time }) => {
        // One that is said again under the same id is the same.
        if (seen.has(id) || seen.size >= MOST_HEARD) return full();
        seen.add(id);
        heard.push({ outcome: data, at: Date.parse(time ?? '') });
      }),
    ],
    { prefetch: 500 },
  );
  const stop = loads.listen((load) => reports.push(load));
  await Promise.race([enough, pause(context.clock, ms, stopped)]);
  stop();
  // Outcomes that the last reports count are on their way.
  await pause(context.clock, LATE, stopped);
  await ear.stop();
  return account(heard, seen.size >= MOST_HEARD ? [] : reports);
}

function account(heard: readonly Heard[], reports: readonly LoadReport[]): Listened {
  const counting = new Counting();
  const spans = new Map<string, { from: number; to: number }>();
  for (const report of reports) {
    const span = spans.get(report.instance);
    if (!span) spans.set(report.instance, { from: report.to, to: report.to });
    else {
      span.to = report.to;
      counting.reported(report);
    }
  }
  let counted = 0;
  for (const { outcome, at } of heard) {
    const span = spans.get(outcome.instance);
    if (!span || at <= span.from || at > span.to) continue;
    counting.said(outcome);
    counted += 1;
  }
  return {
    counting,
    ended: heard.map(({ outcome }) => outcome).filter(({ outcome, tool }) => TRIED.has(outcome) && tool),
    counted,
  };
}

/** Load reports come to System 3's own queue; an audit listens in. */
export class Loads {
  readonly #ears = new Set<(load: LoadReport) => void>();

  heard(load: LoadReport): void {
    for (const ear of this.#ears) ear(load);
  }

  /** @returns how to stop */
  listen(ear: (load: LoadReport) => void): () => void {
    this.#ears.add(ear);
    return () => void this.#ears.delete(ear);
  }
}

/** Asks the units for evidence of these operations, and the ledger and System 2 for theirs. */
export async function witness(
  context: ServiceContext,
  outcomes: readonly OutcomeData[],
  probe: string,
  { patience, unitOf }: { patience: number; unitOf: UnitOf },
  stopped: AbortSignal,
): Promise<{ samples: Sample[]; grounds: Grounds }> {
  const seen = new Map<string, Ended>();
  const hearing = on(Evidence, async ({ data }) => {
    if (data.probe === probe) for (const ended of data.operations) seen.set(nameOf(data.instance, ended), ended);
  });
  const ear = await context.hear({ channel: 'audit', bind: ['evidence.*'] }, [hearing]);
  const byUnit = new Map<string, OutcomeData[]>();
  for (const one of outcomes) byUnit.set(one.unit, [...(byUnit.get(one.unit) ?? []), one]);
  for (const [unit, ones] of byUnit) {
    const operations = ones.map(({ event: { source, id } }) => ({ source, id }));
    await context.say(Probe, `probe.${word(unit)}`, { probe, unit, operations });
  }
  await pause(context.clock, patience, stopped);
  await ear.stop();
  const booked = await context.ledger.find(outcomes.map(({ event }) => event));
  const samples = outcomes.map((reported) => ({
    reported,
    booked: booked.find(({ source, id }) => source === reported.event.source && id === reported.event.id),
    ended: seen.get(nameOf(reported.instance, reported.event)),
  }));
  const units = Object.fromEntries([...byUnit.keys()].flatMap((name) => pairOf(name, unitOf(name))));
  return { samples, grounds: await groundsOf(context, units, [...seen.values()]) };
}

function pairOf(name: string, unit: Unit | undefined): [string, Unit][] {
  return unit === undefined ? [] : [[name, unit]];
}

async function groundsOf(context: ServiceContext, units: Units, seen: readonly Ended[]): Promise<Grounds> {
  const { rows } = await context.capabilities.read();
  const grounds = { units, capabilities: rows };
  const claims = seen.flatMap((ended) => ended.claims.map(({ claim }) => claim));
  if (claims.length === 0) return { ...grounds, granted: new Map(), since: 0 };
  // A System 2 that cannot be asked has granted nothing that could be judged by it.
  const { since, granted } = await context.ask('granted', { claims }).catch((error: unknown) => {
    context.log.warn({ err: error }, `leases cannot be audited: ${reasonOf(error)}`);
    return { since: Number.POSITIVE_INFINITY, granted: [] };
  });
  return { ...grounds, since, granted: new Map(granted.map(({ claim, token }) => [claim, token])) };
}

const nameOf = (instance: string, { source, id }: OperationRef) => JSON.stringify([instance, source, id]);
