import { inWaitingSpan, type Reclaimed, type ServiceContext } from '@vsmcp/service';
import { type ParkedCause, type Response, VsmError } from '@vsmcp/vsm';
import type { Catalog } from './catalog.js';
import { reach } from './disposition.js';
import { handleHere } from './here.js';
import type { Operations } from './operations.js';
import { toolRef } from './plan.js';
import type { Servers } from './servers/servers.js';

/** Events claimed back at a time. */
const BATCH = 200;
/** Kinds of waiting events that one sweep looks at, the most frequent first. */
const KINDS = 10_000;
/** Beyond two calls' deadlines, the time (ms) for which a batch stays ours. */
const SLACK = 60_000;
/** How long (ms) one is tried before it waits again: others wait behind it. */
const PATIENCE = 20_000;

/** Waiting events of these causes can be answered as soon as there is an answer. */
const GAPS: readonly ParkedCause[] = ['unanswered', 'wanted', 'unavailable'];

interface Parts {
  context: ServiceContext;
  catalog: Catalog;
  servers: Servers;
  operations: Operations;
  draining: AbortSignal;
}

/**
 * Claims waiting events back when they have an answer, the oldest first, and takes over what a vanished replica had claimed back.
 * A look takes only what waited when it began, so that what is parked again does not keep it spinning; events whose guard
 * did not hold are tried again only under another response.
 */
export class Sweep {
  readonly #parts: Parts;
  /** Type → the response under which its guarded events were last tried. */
  readonly #tried = new Map<string, Response>();
  /** Servers whose events are being claimed back: one that hangs must not keep the others' waiting. */
  readonly #busy = new Map<string, Promise<void>>();
  #looking: Promise<void> | undefined;
  #again = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Looks for what can be answered now and begins to claim it back. Never rejects. */
  run(): void {
    this.#again = true;
    this.#looking ??= this.#loop().finally(() => {
      this.#looking = undefined;
    });
  }

  /** An event of the type was parked under the response that it has now: only another one can change that. */
  guarded(type: string): void {
    const answer = this.#answer(type);
    if (answer !== undefined) this.#tried.set(type, answer);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#looking;
    await Promise.all(this.#busy.values());
  }

  /** Events claimed back by a replica that is gone. */
  async abandoned(): Promise<void> {
    const { context, draining } = this.#parts;
    while (!draining.aborted) {
      const now = context.clock.now();
      const rows = await context.ledger.abandoned(context.instance, now, now + this.#deadline(), BATCH);
      if (rows.length === 0) return;
      context.log.info({ events: rows.length }, 'took over what another replica had claimed back');
      await this.handle(rows);
    }
  }

  /** Handles events that this replica claimed back; what it cannot finish before it drains waits again. */
  async handle(rows: readonly Reclaimed[]): Promise<void> {
    const { context, operations, draining } = this.#parts;
    const { clock, ledger } = context;
    await Promise.all(
      rows.map(async ({ event, attempt, unit, called, source, id }) => {
        const held = { attempt, unit, called };
        const ending = await inWaitingSpan(context, event, (carrying) => {
          const task = { event: carrying, attempts: 0, arrived: clock.now(), unsure: false, held };
          return handleHere(operations, task, clock, draining, PATIENCE);
        });
        // One that may have been called is left to its deadline, and then to doubt.
        if (ending.verdict === 'later' && !held.called) await ledger.release({ source, id, unit }, attempt);
      }),
    );
  }

  async claimBack(filter: Parameters<ServiceContext['ledger']['reclaim']>[0], limit = BATCH): Promise<Reclaimed[]> {
    const { instance, clock, ledger } = this.#parts.context;
    return ledger.reclaim(filter, instance, clock.now() + this.#deadline(), limit);
  }

  async #loop(): Promise<void> {
    const { context, draining } = this.#parts;
    while (this.#again && !draining.aborted) {
      this.#again = false;
      try {
        await this.#look();
      } catch (error) {
        context.log.warn({ error }, 'waiting events could not be looked at; done again at the next occasion');
      }
    }
  }

  async #look(): Promise<void> {
    const { ledger, clock } = this.#parts.context;
    const before = clock.now();
    const { waiting } = await ledger.waiting(KINDS, 0);
    const work = new Map<string, { open: Set<string>; guarded: Set<string> }>();
    for (const kind of waiting) {
      const answer = this.#answer(kind.type);
      if (answer === undefined || this.#busy.has(serverOf(answer))) continue;
      if (kind.cause === 'guard' && !this.#isNew(kind.type, answer)) continue;
      const types = work.get(serverOf(answer)) ?? { open: new Set(), guarded: new Set() };
      types[kind.cause === 'guard' ? 'guarded' : 'open'].add(kind.type);
      work.set(serverOf(answer), types);
    }
    for (const [server, { open, guarded }] of work) {
      this.#busy.set(
        server,
        this.#all(server, [...open], [...guarded], before).finally(() => this.#busy.delete(server)),
      );
    }
  }

  async #all(server: string, open: readonly string[], guarded: readonly string[], before: number): Promise<void> {
    try {
      const events = (await this.#back(open, GAPS, before)) + (await this.#back(guarded, ['guard'], before));
      // What came to wait meanwhile was passed over; without progress, looking again at once would only spin.
      if (events > 0) setImmediate(() => this.run());
    } catch (error) {
      this.#parts.context.log.warn({ server, error }, 'claiming back was cut short; done again at the next occasion');
    }
  }

  async #back(types: readonly string[], causes: readonly ParkedCause[], before: number): Promise<number> {
    const { context, draining } = this.#parts;
    for (let events = 0; ; ) {
      const able = types.filter((type) => this.#answer(type) !== undefined);
      if (able.length === 0 || draining.aborted) return events;
      const rows = await this.claimBack({ reason: 'parked', types: able, causes, before });
      if (rows.length === 0) return events;
      events += rows.length;
      context.log.info({ events: rows.length, causes }, 'claimed back');
      await this.handle(rows);
    }
  }

  #isNew(type: string, answer: Response): boolean {
    if (this.#tried.get(type) === answer) return false;
    this.#tried.set(type, answer);
    return true;
  }

  /** The response that would answer the type from here, now. */
  #answer(type: string): Response | undefined {
    const { catalog, servers } = this.#parts;
    const match = catalog.match(type);
    const plan = catalog.plan(match);
    if (plan === undefined || plan instanceof VsmError || plan.kind === 'wanted') return undefined;
    const here = plan.kind === 'noted' || reach(plan, { server: (name) => servers.view(name) }) === undefined;
    return here ? match?.response : undefined;
  }

  #deadline(): number {
    return 2 * this.#parts.context.config.settings.operation_deadline + SLACK;
  }
}

function serverOf(response: Response): string {
  return typeof response === 'string' ? '' : toolRef(response.call).server;
}
