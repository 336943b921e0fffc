import type { ServiceContext } from '@vsmcp/service';
import type { Unit } from '@vsmcp/vsm';
import { ACQUIRED_UNIT } from '../deciding/catalog.js';
import {
  afterCall,
  afterNoCall,
  type BreakerState,
  type CallResult,
  closedBreaker,
  tryBreaker,
  USUAL_LIMITS,
} from './breaker.js';

/** Time (ms) beyond a call's deadline until a try is given up of which nothing is heard. */
const SLACK = 5000;

export interface ShownBreaker {
  tool: string;
  state: BreakerState['state'];
  failed: number;
  of: number;
  until?: number;
}

/** A permit to call. Each call made is told of; `leave` says that no more come. */
export interface BreakerPermit {
  ended(tool: string, ending: CallResult): void;
  leave(): void;
}

/** Unit by unit and tool by tool a circuit breaker; one that never failed lately costs nothing. */
export class Breakers {
  readonly #context: ServiceContext;
  readonly #unit: (name: string) => Unit | undefined;
  readonly #units = new Map<string, Map<string, BreakerState>>();
  readonly #open: (labels: { unit: string; tool: string }, value: number) => void;
  readonly #turned: (labels: { unit: string; tool: string; to: string }) => void;

  constructor(context: ServiceContext, unit: (name: string) => Unit | undefined) {
    this.#context = context;
    this.#unit = unit;
    const open = context.metrics.gauge('vsmcp_breaker_open', '1 while a unit leaves a tool alone', ['unit', 'tool']);
    const turned = context.metrics.counter('vsmcp_breaker_changes_total', 'Changes of circuit breakers', [
      ...['unit', 'tool', 'to'],
    ]);
    this.#open = (labels, value) => open.set(labels, value);
    this.#turned = (labels) => turned.inc(labels);
  }

  /**
   * @param tools as `server.tool`
   * @param deadline ms of one call
   * @returns ms to wait, where one of them is left alone
   */
  enter(unit: string, tools: readonly string[], deadline: number): BreakerPermit | number {
    const limits = this.#limits(unit);
    const broken = this.#units.get(unit);
    const tried = new Set<string>();
    if (limits !== undefined && broken !== undefined) {
      for (const tool of tools) {
        const breaker = broken.get(tool);
        if (breaker === undefined || tried.has(tool)) continue;
        const { breaker: next, wait } = tryBreaker(breaker, this.#context.clock.now(), deadline + SLACK);
        if (wait !== undefined) {
          this.#calledOff(unit, tried);
          return wait;
        }
        if (next === breaker) continue;
        tried.add(tool);
        this.#set(unit, tool, next);
      }
    }
    return {
      ended: (tool, ending) => {
        tried.delete(tool);
        this.#ended(unit, tool, ending);
      },
      leave: () => this.#calledOff(unit, tried),
    };
  }

  /** Forgets those of units that are gone. */
  keep(units: ReadonlyMap<string, unknown>): void {
    for (const [unit, tools] of this.#units) {
      if (units.has(unit) || unit === ACQUIRED_UNIT) continue;
      this.#units.delete(unit);
      for (const tool of tools.keys()) this.#open({ unit, tool }, 0);
    }
  }

  shown(unit: string): ShownBreaker[] {
    return [...(this.#units.get(unit) ?? [])].map(([tool, { state, recent, until }]) => ({
      tool,
      state,
      failed: recent.filter(Boolean).length,
      of: recent.length,
      ...(state !== 'closed' && { until }),
    }));
  }

  #ended(unit: string, tool: string, ending: CallResult): void {
    const limits = this.#limits(unit);
    const before = this.#units.get(unit)?.get(tool);
    if (limits === undefined || (before === undefined && ending === 'well')) return;
    const next = afterCall(before ?? closedBreaker(limits), ending, limits, this.#context.clock.now());
    this.#set(unit, tool, next);
  }

  #calledOff(unit: string, tools: ReadonlySet<string>): void {
    for (const tool of tools) {
      const breaker = this.#units.get(unit)?.get(tool);
      if (breaker !== undefined) this.#set(unit, tool, afterNoCall(breaker, this.#context.clock.now()));
    }
  }

  #set(unit: string, tool: string, next: BreakerState): void {
    const tools = this.#units.get(unit) ?? new Map<string, BreakerState>();
    const before = tools.get(tool)?.state ?? 'closed';
    this.#units.set(unit, tools);
    tools.set(tool, next);
    if (next.state === 'closed' && !next.recent.includes(true)) tools.delete(tool);
    if (tools.size === 0) this.#units.delete(unit);
    if (next.state === before) return;
    this.#turned({ unit, tool, to: next.state });
    this.#open({ unit, tool }, next.state === 'closed' ? 0 : 1);
    const { log } = this.#context;
    const words = { closed: 'is called again', open: 'is left alone', 'half-open': 'is tried' };
    log[next.state === 'open' ? 'warn' : 'info']({ unit, tool, wait: next.wait }, `${tool} ${words[next.state]}`);
  }

  /** undefined: it has none. */
  #limits(unit: string) {
    const breaker = this.#unit(unit)?.breaker ?? USUAL_LIMITS;
    return breaker === 'off' ? undefined : breaker;
  }
}
