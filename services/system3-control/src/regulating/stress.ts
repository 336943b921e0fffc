import type { Intervention, Rung } from '@vsmcp/vsm';

/** How patient System 3 is. Times in ms. */
export interface StressOptions {
  /** For how long a unit cannot cope before the next step is taken. */
  hold: number;
  /** For how long it has come to rest before a step is taken back. */
  ease: number;
}
export const USUAL_STRESS: StressOptions = { hold: 3000, ease: 5000 };

/** A unit cannot cope when it wants this much more than it may run. */
const OVER = 1.2;
/** It has come to rest when all it wants, what is shed included, fits into this part. */
const EASY = 0.8;
/** Steps in which the least important events are let go. */
const STEPS = 3;

/** How a unit stands. All in operations at the same time. */
export interface Strain {
  unit: string;
  /** Its use and the need of what waits; and the need of events that are shed. */
  wants: number;
  shedding: number;
  /** Its grant; and its part of the pool by weight, if all units that want something took theirs. */
  slots: number;
  fair: number;
  /** Up to which priority (exclusive) System 3 may have its events shed. */
  sheds: number;
  /**
   * The thing it has too little of: `cap`, `operations`, `rate`, or a counted resource; undefined: nothing is short.
   */
  scarce: string | undefined;
  /** Id of the report that shows it. */
  cause: string;
}

/** A step: an intervention is begun, changed (the floor of `shed`) or ended. */
export interface Move {
  what: 'begins' | 'changes' | 'ends';
  intervention: Intervention;
  strain: Strain;
}

interface State {
  active: Map<Rung, Intervention>;
  overSince: number | undefined;
  easySince: number | undefined;
}

/**
 * The response to stress in the order of least intervention (Beer: System 3 takes only as much of a unit's autonomy as
 * cohesion needs): it may run on what others leave idle; its least important events are let go, as far as its bargain
 * allows; more replicas are asked for; Systems 4 and 5 are told. One step after the other, each only when the one
 * before was not enough, and taken back one by one when it has come to rest. Decides on plain data; times in ms since
 * the epoch.
 */
export class Ladder {
  readonly #states = new Map<string, State>();
  readonly #ids: () => string;
  readonly #options: StressOptions;

  constructor(ids: () => string, options: StressOptions = USUAL_STRESS) {
    this.#ids = ids;
    this.#options = options;
  }

  /** Interventions under way, the oldest first. */
  get active(): Intervention[] {
    return [...this.#states.values()].flatMap(({ active }) => [...active.values()]).sort((a, b) => a.since - b.since);
  }

  /** Unit → priority below which its events are to be shed. */
  get floors(): Record<string, number> {
    const floors: Record<string, number> = {};
    for (const [unit, { active }] of this.#states) {
      const floor = active.get('shed')?.floor ?? 0;
      if (floor > 0) floors[unit] = floor;
    }
    return floors;
  }

  /** @param strains of every unit that wants something; one that is not among them wants nothing */
  judge(strains: readonly Strain[], now: number): Move[] {
    const moves: Move[] = [];
    const seen = new Set<string>();
    for (const strain of strains) {
      seen.add(strain.unit);
      moves.push(...this.#one(strain, now));
    }
    for (const unit of [...this.#states.keys()]) if (!seen.has(unit)) moves.push(...this.#one(atRest(unit), now));
    return moves;
  }

  #one(strain: Strain, now: number): Move[] {
    const over = strain.wants > OVER * Math.max(1, strain.slots);
    const borrows = strain.slots > strain.fair && strain.wants > strain.fair;
    const easy = strain.wants + strain.shedding <= EASY * Math.max(1, strain.slots);
    const known = this.#states.get(strain.unit);
    if (known === undefined && !over && !borrows) return [];
    const state: State = known ?? { active: new Map(), overSince: undefined, easySince: undefined };
    this.#states.set(strain.unit, state);
    state.overSince = over || (borrows && !state.active.has('borrow')) ? (state.overSince ?? now) : undefined;
    const gaveBack = !over && !borrows && state.active.size === 1 && state.active.has('borrow');
    state.easySince = easy || gaveBack ? (state.easySince ?? now) : undefined;
    const { hold, ease } = this.#options;
    const moves: Move[] = [];
    if (state.overSince !== undefined && now - state.overSince >= hold) {
      moves.push(...this.#climb(state, strain, over, borrows, now));
      state.overSince = now;
    } else if (state.easySince !== undefined && now - state.easySince >= ease) {
      moves.push(...stepBack(state, strain, borrows));
      state.easySince = now;
    }
    if (state.active.size === 0 && state.overSince === undefined) this.#states.delete(strain.unit);
    return moves;
  }

  #climb(state: State, strain: Strain, over: boolean, borrows: boolean, now: number): Move[] {
    const { active } = state;
    const { unit, sheds, scarce, slots, wants } = strain;
    const begin = (rung: Rung, because: string, more: Partial<Intervention> = {}): Move[] => {
      const intervention = { id: this.#ids(), unit, rung, since: now, because, ...more };
      active.set(rung, intervention);
      return [{ what: 'begins', intervention, strain }];
    };
    const short = `it wants ${round(wants)} operations at the same time and may run ${slots}`;
    if (borrows && !active.has('borrow'))
      return begin('borrow', `its part by weight is ${round(strain.fair)}; others leave the rest of ${slots} idle`);
    if (!over) return [];
    const shed = active.get('shed');
    const floor = shed?.floor ?? 0;
    if (floor < sheds) {
      const next = Math.min(sheds, floor + Math.ceil(sheds / STEPS));
      if (shed === undefined) return begin('shed', short, { floor: next });
      const higher = { ...shed, floor: next, because: short };
      active.set('shed', higher);
      return [{ what: 'changes', intervention: higher, strain }];
    }
    if (scarce === 'operations' && !active.has('amplify'))
      return begin('amplify', `${short}: more replicas would help`);
    if (!active.has('tell')) return begin('tell', `${short}; it has too little of: ${scarce ?? 'operations'}`);
    return [];
  }
}

/** Takes back the strongest step first; events that were shed come back step by step, not all at once. */
function stepBack({ active }: State, strain: Strain, borrows: boolean): Move[] {
  for (const rung of ['tell', 'amplify'] as const) {
    const intervention = active.get(rung);
    if (intervention !== undefined) return end(rung, intervention);
  }
  const shed = active.get('shed');
  if (shed !== undefined) {
    const next = (shed.floor ?? 0) - Math.max(1, Math.ceil(strain.sheds / STEPS));
    if (next <= 0) return end('shed', shed);
    const lower = { ...shed, floor: next };
    active.set('shed', lower);
    return [{ what: 'changes', intervention: lower, strain }];
  }
  const borrow = active.get('borrow');
  return borrow === undefined || borrows ? [] : end('borrow', borrow);

  function end(rung: Rung, intervention: Intervention): Move[] {
    active.delete(rung);
    return [{ what: 'ends', intervention, strain }];
  }
}

function atRest(unit: string): Strain {
  return { unit, wants: 0, shedding: 0, slots: 0, fair: 0, sheds: 0, scarce: undefined, cause: '' };
}

const round = (n: number): number => Math.round(n * 10) / 10;
