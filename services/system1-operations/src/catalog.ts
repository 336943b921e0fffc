import type { FleetConfig } from '@vsmcp/service';
import { type Capability, type Response, reasonOf, type Unit, type VsmError } from '@vsmcp/vsm';
import { buildIndex, type Index, type Match } from './matching.js';
import { checkedResponse, type Plan, Plans } from './plan.js';

/** Where responses for types that no configured unit absorbs go. */
export const ACQUIRED_UNIT = 'acquired';

/** The units with what was acquired for them, and how their events are answered. */
export class Catalog {
  readonly #configured: ReadonlyMap<string, Unit>;
  readonly #base: Index;
  readonly #plans = new Plans();
  #units: ReadonlyMap<string, Unit>;
  #index: Index;
  #acquired = new Map<string, string[]>();

  constructor(config: FleetConfig) {
    this.#configured = new Map(Object.entries(config.units));
    this.#base = buildIndex(this.#configured);
    this.#units = this.#configured;
    this.#index = this.#base;
  }

  /**
   * Gives each acquired response to the unit that absorbs its type. What is configured wins, but for `wanted`, which asks for it.
   * @param refused told of responses that are none
   */
  update(rows: readonly Capability[], refused: (server: string, reason: string) => void): void {
    const added = new Map<string, Record<string, Response>>();
    for (const row of rows) {
      if (row.origin !== 'acquired' || row.state === 'removed') continue;
      for (const [type, response] of Object.entries(row.responses)) {
        const match = this.#base.match(type);
        if (match?.response !== undefined && match.response !== 'wanted') continue;
        const unit = match?.unit ?? ACQUIRED_UNIT;
        // What a system absorbs is its own to answer.
        if (this.#configured.get(unit)?.system !== undefined) continue;
        try {
          added.set(unit, { ...added.get(unit), [type]: checkedResponse(type, response) });
        } catch (error) {
          refused(row.server, reasonOf(error));
        }
      }
    }
    const units = new Map(this.#configured);
    for (const [name, responses] of added) {
      const unit = units.get(name);
      units.set(name, { weight: 1, minimum: 0, ...unit, responses: { ...unit?.responses, ...responses } });
    }
    this.#units = units;
    this.#index = added.size === 0 ? this.#base : buildIndex(units);
    this.#acquired = new Map([...added].map(([name, responses]) => [name, Object.keys(responses)]));
  }

  match(type: string): Match | undefined {
    return this.#index.match(type);
  }

  plan(match: Match | undefined): Plan | VsmError | undefined {
    return match?.response === undefined ? undefined : this.#plans.of(match.response);
  }

  get units(): ReadonlyMap<string, Unit> {
    return this.#units;
  }

  /** Types whose response came with an acquisition, of one unit. */
  acquired(unit: string): string[] {
    return this.#acquired.get(unit) ?? [];
  }

  *responses(): Iterable<Response> {
    for (const unit of this.#units.values()) yield* Object.values(unit.responses);
  }
}
