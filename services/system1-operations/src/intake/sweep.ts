import { inWaitingSpan, type Reclaimed, type ServiceContext } from '@vsmcp/service';
import { type ParkedCause, VsmError } from '@vsmcp/vsm';
import type { Catalog } from '../deciding/catalog.js';
import { obstacleTo } from '../deciding/disposition.js';
import type { Operations } from '../handling/operations.js';
import type { Border } from '../recursion/border.js';
import type { Servers } from '../servers/servers.js';
import { handleHere } from './here.js';

/** Events claimed back at a time. */
const BATCH = 200;
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
  border: Pick<Border, 'has'>;
  draining: AbortSignal;
}

/**
 * Claims waiting events back when they have an answer, the oldest first, and takes over what a vanished replica had
 * claimed back. A look takes only what waited when it began, so that what is parked again does not keep it spinning;
 * events that a guard parked are tried again only under another guard.
 */
export class Sweep {
  readonly #parts: Parts;
  /** Servers whose events are being claimed back: one that hangs must not keep the others' waiting. */
  readonly #busy = new Map<string, Promise<void>>();
  /** Events that were claimed back, here or by a command. */
  readonly #handling = new Set<Promise<void>>();
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

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#looking;
    await Promise.allSettled([...this.#busy.values(), ...this.#handling]);
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
    const handling = this.#handle(rows);
    this.#handling.add(handling);
    try {
      await handling;
    } finally {
      this.#handling.delete(handling);
    }
  }

  async #handle(rows: readonly Reclaimed[]): Promise<void> {
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
        if (ending.result === 'later' && !held.called) await ledger.release({ source, id, unit }, attempt);
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
    const work = new Map<string, { open: Set<string>; guarded: Map<string, string> }>();
    for await (const kinds of ledger.kinds()) {
      for (const { type, cause, guard } of kinds) {
        const answer = this.#answer(type);
        if (answer === undefined || this.#busy.has(answer.server)) continue;
        const types = work.get(answer.server) ?? { open: new Set(), guarded: new Map() };
        if (cause !== 'guard') types.open.add(type);
        else if (guard !== answer.guard) types.guarded.set(type, answer.guard);
        work.set(answer.server, types);
      }
    }
    for (const [server, { open, guarded }] of work) {
      if (open.size === 0 && guarded.size === 0) continue;
      this.#busy.set(
        server,
        this.#all(server, [...open], guarded, before).finally(() => this.#busy.delete(server)),
      );
    }
  }

  async #all(
    server: string,
    open: readonly string[],
    guarded: ReadonlyMap<string, string>,
    before: number,
  ): Promise<void> {
    try {
      let events = await this.#back(open, { causes: GAPS, before });
      for (const [type, guard] of guarded) {
        events += await this.#back([type], { causes: ['guard'], before, ...(guard !== '' && { guard }) });
      }
      // Events that came to wait meanwhile were passed over; without progress, looking again at once would only spin.
      if (events > 0) setImmediate(() => this.run());
    } catch (error) {
      this.#parts.context.log.warn({ server, error }, 'claiming back was cut short; done again at the next occasion');
    }
  }

  async #back(
    types: readonly string[],
    which: { causes: readonly ParkedCause[]; before: number; guard?: string },
  ): Promise<number> {
    const { context, draining } = this.#parts;
    for (let events = 0; ; ) {
      const able = types.filter((type) => this.#answer(type) !== undefined);
      if (able.length === 0 || draining.aborted) return events;
      const rows = await this.claimBack({ reason: 'parked', types: able, ...which });
      if (rows.length === 0) return events;
      events += rows.length;
      context.log.info({ events: rows.length, causes: which.causes }, 'claimed back');
      await this.handle(rows);
    }
  }

  /** The answer to the type from here, now: its server ('' for none), and the hash of its guard ('' without one). */
  #answer(type: string): { server: string; guard: string } | undefined {
    const { border, catalog, servers } = this.#parts;
    const match = catalog.match(type);
    if (match !== undefined && border.has(match.unit)) return { server: '', guard: '' };
    const plan = catalog.plan(match);
    if (plan === undefined || plan instanceof VsmError || plan.kind === 'wanted') return undefined;
    if (plan.kind === 'noted') return { server: '', guard: '' };
    if (obstacleTo(plan, { server: (name) => servers.view(name) }) !== undefined) return undefined;
    return { server: plan.steps[0]?.server ?? '', guard: plan.guard?.hash ?? '' };
  }

  #deadline(): number {
    return 2 * this.#parts.context.config.settings.operation_deadline + SLACK;
  }
}
