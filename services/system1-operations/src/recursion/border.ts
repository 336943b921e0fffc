import { type Consumer, type DeliveryResult, DONE, type NervousSystem } from '@vsmcp/nervous-system';
import { inSpan, type ServiceContext, traceOfEvent } from '@vsmcp/service';
import { borderQueue, CLOUDEVENTS_JSON, descend, reasonOf } from '@vsmcp/vsm';
import { sleep } from '../attenuation/patience.js';
import type { Task } from '../deciding/task.js';
import type { Claim } from '../settling/claiming.js';
import { OVERTAKEN, type Settling } from '../settling/settling.js';
import { absence, patience } from './returning.js';
import { hearOutcomes, hearPain, hearReports } from './risings.js';
import type { System } from './systems.js';
import { watchWaiting } from './waiting.js';

/** Milliseconds that are waited for the borders to open before events are taken in all the same. */
const OPENING = 3000;
/** Most milliseconds that the broker below may take to confirm before an event is left to the ledger. */
const CONFIRMED = 5000;
const NOT_YET = { ok: false, reason: 'the border is not open yet' } as const;
/** Outcomes settled at the same time. */
const AT_ONCE = 256;
/** Milliseconds between two attempts to listen below. */
const AGAIN = 1000;

interface Parts {
  settling: Settling;
  draining: AbortSignal;
  track(task: Promise<unknown>): void;
}

/** One unit that is a system, and the connection to it. */
interface Crossing {
  system: System;
  bus: NervousSystem;
  /** Outcomes are listened to: before, what goes down could come up unheard. */
  hears: boolean;
}

/**
 * The border to the units that are systems. What crosses is exactly this: down go events, under their own source and
 * id; up come the outcomes of those events, the reports of the system's System 5 for System 3 here, and the pain that
 * nobody acknowledged there in time for System 5 here. An event that has gone down lives in the ledger until its
 * outcome is there, so no message waits for it, any replica settles it, and neither side's restart loses it: the
 * system's own ledger makes its effect happen once.
 */
export class Border {
  readonly #context: ServiceContext;
  readonly #parts: Parts;
  readonly #crossings = new Map<string, Crossing>();
  readonly #consumers: Consumer[] = [];
  readonly #tasks: Promise<void>[] = [];
  readonly #crossed: (unit: string, what: 'down' | 'outcome' | 'report' | 'pain') => void;
  #stopWatching = () => {};

  constructor(context: ServiceContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
    const crossed = context.metrics.counter(
      'vsmcp_border_crossings_total',
      'What went down to and came up from units that are systems',
      ['unit', 'what'],
    );
    this.#crossed = (unit, what) => crossed.inc({ unit, what });
  }

  async open(systems: readonly System[]): Promise<void> {
    for (const system of systems) {
      const crossing = { system, bus: await this.#context.connectChild(system), hears: false };
      this.#crossings.set(system.unit, crossing);
      this.#tasks.push(this.#listen(crossing));
    }
    await this.#atMost(OPENING, Promise.all(this.#tasks));
    if (systems.length > 0) this.#stopWatching = watchWaiting(this.#context, systems, this.#parts.track);
  }

  /** True when the unit is a system. */
  has(unit: string): boolean {
    return this.#crossings.has(unit);
  }

  /** Sends a claimed event down. From then on it lives in the ledger. */
  descend(task: Task, unit: string, claim: Claim): Promise<DeliveryResult> {
    return inSpan(this.#context, 'descend', { attributes: { 'vsmcp.unit': unit } }, () =>
      this.#descend(task, unit, claim),
    );
  }

  async stop(): Promise<void> {
    this.#stopWatching();
    await Promise.all(this.#consumers.map((consumer) => consumer.stop()));
    for (const { bus } of this.#crossings.values()) {
      await bus.drain(CONFIRMED);
      await bus.close();
    }
    await Promise.all(this.#tasks);
  }

  async #descend(task: Task, unit: string, { attempt }: Claim): Promise<DeliveryResult> {
    const { clock, config, ledger, log } = this.#context;
    const { settling } = this.#parts;
    const crossing = this.#crossings.get(unit);
    const { event } = task;
    if (crossing === undefined) {
      return settling.settle(task, attempt, { unit, outcome: 'dead', reason: `unit ${unit} is no system any more` });
    }
    if (task.unsure) {
      const reason = 'it came again without an id, and must not be done twice';
      return settling.settle(task, attempt, { unit, outcome: 'doubt', reason });
    }
    const { bus, system } = crossing;
    const down = descend(event, { from: config.path, to: system.path, depth: config.settings.recursion_depth });
    if (!down.ok) return settling.settle(task, attempt, { unit, outcome: 'dead', reason: down.because });
    const there = crossing.hears ? bus.health() : NOT_YET;
    const deadline = clock.now() + (there.ok ? patience(attempt) : absence(attempt));
    const key = { source: event.source, id: event.id, unit };
    if (!(await ledger.descend(key, attempt, deadline, event))) return OVERTAKEN(task);
    if (!there.ok) {
      log.debug({ event: event.id, unit, reason: there.reason }, 'goes down when the broker below is back');
      return DONE;
    }
    const published = bus.publish({
      channel: 'environment',
      key: event.type,
      id: event.id,
      content: Buffer.from(JSON.stringify(down.event)),
      contentType: CLOUDEVENTS_JSON,
      headers: { ...traceOfEvent(event) },
    });
    const sent = published.then(
      () => this.#crossed(unit, 'down'),
      (error: unknown) =>
        log.warn({ event: event.id, unit, reason: reasonOf(error) }, 'not confirmed below; goes again'),
    );
    await this.#atMost(CONFIRMED, sent);
    return DONE;
  }

  #atMost(ms: number, task: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context.clock.after(ms, resolve);
      void task.finally(() => {
        cancel();
        resolve();
      });
    });
  }

  /** Listens to what comes up, however long it takes until the broker below lets it. */
  async #listen(crossing: Crossing): Promise<void> {
    const { system, bus } = crossing;
    const { clock, log } = this.#context;
    const { draining, settling } = this.#parts;
    const { unit, absorbs } = system;
    const around = {
      context: this.#context,
      system,
      crossed: (what: 'outcome' | 'report' | 'pain') => this.#crossed(unit, what),
    };
    const wanted = [
      { kind: 'outcome', prefetch: AT_ONCE, handler: hearOutcomes(around, settling) },
      { kind: 'pain', prefetch: 1, handler: hearPain(around) },
      { kind: 'report', prefetch: 1, handler: hearReports(around) },
    ] as const;
    for (const { kind, prefetch, handler } of wanted) {
      while (!draining.aborted) {
        try {
          this.#consumers.push(await bus.subscribe({ queue: borderQueue(kind, absorbs), prefetch }, handler));
          if (kind === 'outcome') crossing.hears = true;
          break;
        } catch (error) {
          log.warn(
            { unit, below: system.path, what: kind, reason: reasonOf(error) },
            'cannot listen to what comes up yet',
          );
          await sleep(clock, AGAIN, draining).catch(() => undefined);
        }
      }
    }
    if (!draining.aborted) log.info({ unit, below: system.path }, 'the border is open');
  }
}
