import { type Capability, type Response, reasonOf, type Unit, type Units, type VsmError } from '@vsmcp/vsm';
import { buildIndex, type Match } from './matching.js';
import { checkedResponse, type Plan, Plans } from './plan.js';

/** Where responses for types that no unit absorbs go. */
export const ACQUIRED_UNIT = 'acquired';
const NO_UNIT: Unit = { responses: {}, weight: 1, minimum: 0 };

/** The units with what was acquired for them, and how their events are answered. */
export class Catalog {
  readonly #units = new Map<string, Unit>();
  readonly #index = buildIndex([]);
  readonly #plans = new Plans();
  /** Event type → the response that came with an acquisition. */
  #acquired = new Map<string, Response>();

  constructor(units: Units) {
    this.change(new Map(Object.entries(units)));
  }

  /** Puts units in, or (undefined) takes them out. */
  change(units: ReadonlyMap<string, Unit | undefined>): void {
    for (const [name, unit] of units) {
      this.#index.set(name, unit);
      if (unit === undefined) this.#units.delete(name);
      else this.#units.set(name, unit);
    }
  }

  /**
   * Takes the responses that were acquired. Each goes to the unit that absorbs its type; what the unit says itself
   * wins, but for `wanted`, which asks for it.
   * @param refused told of responses that are none
   */
  update(rows: readonly Capability[], refused: (server: string, reason: string) => void): void {
    this.#acquired = new Map();
    for (const row of rows) {
      if (row.origin !== 'acquired' || row.state === 'removed') continue;
      for (const [type, response] of Object.entries(row.responses)) {
        try {
          this.#acquired.set(type, checkedResponse(type, response));
        } catch (error) {
          refused(row.server, reasonOf(error));
        }
      }
    }
  }

  match(type: string): Match | undefined {
    const match = this.#index.match(type);
    const acquired = this.#acquired.get(type);
    if (acquired === undefined || (match?.response !== undefined && match.response !== 'wanted')) return match;
    // Events that a system absorbs are its own to answer.
    if (match !== undefined && this.#units.get(match.unit)?.system !== undefined) return match;
    return { unit: match?.unit ?? ACQUIRED_UNIT, pattern: type, response: acquired };
  }

  plan(match: Match | undefined): Plan | VsmError | undefined {
    if (match?.response === undefined) return undefined;
    return this.#plans.of(match.response, this.#units.get(match.unit) ?? NO_UNIT);
  }

  /** As they were written, without what was acquired. */
  get units(): ReadonlyMap<string, Unit> {
    return this.#units;
  }

  /** A unit with what was acquired for it; also the one of what no unit absorbs. */
  unit(name: string, acquired = this.acquired()): Unit | undefined {
    const responses = acquired.get(name);
    const unit = this.#units.get(name);
    if (responses === undefined) return unit;
    return { ...NO_UNIT, ...unit, responses: { ...unit?.responses, ...responses } };
  }

  /** Unit → event type → the acquired response that counts there. */
  acquired(): Map<string, Record<string, Response>> {
    const units = new Map<string, Record<string, Response>>();
    for (const [type, response] of this.#acquired) {
      const match = this.match(type);
      if (match?.response === response) units.set(match.unit, { ...units.get(match.unit), [type]: response });
    }
    return units;
  }

  *responses(): Iterable<Response> {
    for (const unit of this.#units.values()) yield* Object.values(unit.responses);
    yield* this.#acquired.values();
  }
}
