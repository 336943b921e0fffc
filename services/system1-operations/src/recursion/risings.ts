import { type Delivery, DONE, type Handler } from '@vsmcp/nervous-system';
import type { ServiceContext } from '@vsmcp/service';
import {
  Algedonic,
  Below,
  Climbed,
  CloudEvent,
  type DataOf,
  type MessageKind,
  Outcome,
  Reported,
  readJson,
  reasonOf,
} from '@vsmcp/vsm';
import { later } from '../deciding/task.js';
import type { Settling } from '../settling/settling.js';
import { resultAbove } from './returning.js';
import type { System } from './systems.js';

/** How long (ms) the settlement of an outcome that came up may take before the event goes down again. */
const SETTLING = 30_000;

export interface Rising {
  context: ServiceContext;
  system: System;
  crossed(what: 'outcome' | 'report' | 'pain'): void;
}

/** Outcomes of what went down settle it here. Those of the system's own events are of no concern. */
export function hearOutcomes({ context, system, crossed }: Rising, settling: Settling): Handler {
  const { unit, path } = system;
  return rising(context, system, Outcome, async (said) => {
    const { clock, instance, ledger } = context;
    const key = { source: said.event.source, id: said.event.id, unit };
    const row = await ledger.recall(key, said.outcome, instance, clock.now() + SETTLING);
    if (row === null) return;
    crossed('outcome');
    const { event, attempt, arrived, called } = row;
    const task = { event, attempts: 0, arrived, unsure: false, held: { attempt, unit, called } };
    await settling.settle(task, attempt, resultAbove(unit, path, said));
  });
}

/** Reports of the system's System 5 go to System 3 here. */
export function hearReports({ context, system, crossed }: Rising): Handler {
  const { unit } = system;
  return rising(context, system, Reported, async (report) => {
    crossed('report');
    await context.say(Below, `s1.${unit}.below`, { unit, report });
  });
}

/** Pain that nobody acknowledged below goes to System 5 here, under a name that says whose it is. */
export function hearPain({ context, system, crossed }: Rising): Handler {
  const { unit, path } = system;
  return rising(context, system, Climbed, async ({ alert, severity, what, at }) => {
    crossed('pain');
    const data = { alert: `${unit}/${alert}`, severity, unit, what: `${path}: ${what}`, since: at, climbed: true };
    await context.say(Algedonic, `${severity}.s1.${unit}`, data);
  });
}

/**
 * A signal that cannot be read is logged and let go: below it has been said, and stands there. One that cannot be taken
 * in comes again.
 */
function rising<K extends MessageKind>(
  { log }: ServiceContext,
  { unit, path }: System,
  kind: K,
  take: (data: DataOf<K>) => Promise<void>,
): Handler {
  return async (delivery: Delivery) => {
    const read = readAs(kind, delivery);
    if ('reason' in read) {
      log.warn({ unit, below: path, key: delivery.key, reason: read.reason }, 'what came up cannot be read');
      return DONE;
    }
    try {
      await take(read.data);
      return DONE;
    } catch (error) {
      log.warn({ unit, below: path, key: delivery.key, reason: reasonOf(error) }, 'what came up comes again');
      return later('1s');
    }
  };
}

function readAs<K extends MessageKind>(kind: K, { content }: Delivery): { data: DataOf<K> } | { reason: string } {
  try {
    return { data: kind.data.parse(CloudEvent.parse(readJson(content)).data) as DataOf<K> };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}
