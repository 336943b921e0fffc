import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DataOf, Load, type Loop, SHARES_OF_THE_POOL, THEIR_LOAD } from '@vsmcp/vsm';
import { Swinging } from '../../services/system2-coordination/src/loops/swinging.js';
import { swingOf } from '../../services/system2-coordination/src/loops/swings.js';
import { bargain } from '../../services/system3-control/src/bargaining/bargain.js';
import { MeasuredDemands } from '../../services/system3-control/src/bargaining/measured-demand.js';
import { Damping } from '../../services/system3-control/src/regulating/damping.js';

const CAPACITY = 100;
const SECOND = 1000;
/** Seconds that an operation takes. */
const OPERATION = 1;

type Name = 'a' | 'b';
const NAMES: readonly Name[] = ['a', 'b'];

interface Unit {
  queue: number;
  /** When operations under way end, in seconds. */
  ends: number[];
}

interface Work {
  /** Pieces of work that go round. */
  pieces: number;
  /** Seconds on the way from one unit to the other; pieces take them in turn. */
  way: readonly number[];
}

/**
 * Two units that hand each piece of work to the other when they are done with it, some seconds later: the share that
 * one is granted is what the other one wants next. Systems 2 and 3 as they are, a second a tick.
 */
class Handing {
  /** Of unit a, second by second. */
  readonly shares: number[] = [];
  readonly told: DataOf<typeof Loop>[] = [];
  readonly toldOfLoad: DataOf<typeof Loop>[] = [];
  readonly #units: Record<Name, Unit> = { a: { queue: 0, ends: [] }, b: { queue: 0, ends: [] } };
  readonly #underway = new Map<number, Record<Name, number>>();
  readonly #demands = new MeasuredDemands(CAPACITY);
  readonly #damping = new Damping();
  readonly #swinging = new Swinging(SHARES_OF_THE_POOL);
  readonly #load = new Swinging(THEIR_LOAD);
  readonly #damped: boolean;
  readonly #way: readonly number[];
  #slots: ReadonlyMap<string, number> = new Map();
  #second = 0;

  constructor({ pieces, way }: Work, damped: boolean) {
    this.#units.a.queue = pieces;
    this.#way = way;
    this.#damped = damped;
  }

  run(seconds: number): void {
    for (let n = 0; n < seconds; n++) this.#tick();
  }

  #tick(): void {
    this.#second += 1;
    const now = this.#second * SECOND;
    this.#demands.load(Load.data.parse({ ...EMPTY, from: now - SECOND, to: now, units: this.#work() }), now);
    const wants = new Map(this.#demands.demands(now).map(({ unit, used, waiting }) => [unit, used + waiting]));
    const slowed = this.#damping.slowed(wants, now);
    const wishes = [...slowed].map(([unit, want]) => ({ unit, weight: 1, minimum: 0, wants: want }));
    const { slots } = bargain(wishes, [{ instance: 'r', capacity: CAPACITY }]);
    this.#slots = new Map(wishes.map(({ unit }, i) => [unit, slots[i] ?? 0]));
    this.shares.push(this.#slots.get('a') ?? 0);
    const granted = [...this.#slots].filter(([, n]) => n > 0);
    this.#swinging.said('r', Object.fromEntries(granted), now);
    this.#load.said('r', { a: this.#units.a.ends.length, b: this.#units.b.ends.length }, now);
    const load = this.#load.tick(now);
    this.toldOfLoad.push(...load);
    const shares = this.#swinging.tick(now);
    this.told.push(...shares);
    for (const loop of [...shares, ...load]) {
      if (this.#damped) this.#damping.heard(loop, now);
    }
  }

  #work(): Record<string, object> {
    const said: Record<string, object> = {};
    const come = this.#underway.get(this.#second) ?? { a: 0, b: 0 };
    this.#underway.delete(this.#second);
    this.#units.a.queue += come.a;
    this.#units.b.queue += come.b;
    for (const name of NAMES) {
      const unit = this.#units[name];
      const ended = unit.ends.filter((at) => at <= this.#second).length;
      unit.ends = unit.ends.filter((at) => at > this.#second);
      const to: Name = name === 'a' ? 'b' : 'a';
      for (let n = 0; n < ended; n++) {
        const at = this.#second + (this.#way[n % this.#way.length] ?? 0);
        const then = this.#underway.get(at) ?? { a: 0, b: 0 };
        then[to] += 1;
        this.#underway.set(at, then);
      }
      const begun = Math.max(0, Math.min(unit.queue, (this.#slots.get(name) ?? 1) - unit.ends.length));
      unit.queue -= begun;
      for (let n = 0; n < begun; n++) unit.ends.push(this.#second + OPERATION);
      const figures = { received: 0, outcomes: { answered: ended }, busy: ended * OPERATION * SECOND };
      said[name] = { ...figures, running: unit.ends.length, turned: unit.queue };
    }
    return said;
  }
}

const EMPTY = {
  instance: 'r',
  received: 0,
  duplicates: 0,
  retried: 0,
  running: 0,
  capacity: CAPACITY,
  outcomes: {},
  types: {},
  others: { types: 0, outcomes: {} },
  tools: {},
};

/** Work that spreads out by itself once the shares stand still, and work that goes round in one heap for ever. */
const SPREADING: Work = { pieces: 450, way: [7, 8, 9] };
const LASTING: Work = { pieces: 300, way: [8] };

describe('shares that swing', () => {
  it('go on swinging where nobody damps them', () => {
    for (const work of [SPREADING, LASTING]) {
      const world = new Handing(work, false);
      world.run(1200);
      const swing = swingOf(world.shares.slice(-60));
      assert.ok(swing && swing.period > 10 && swing.amplitude > 0.15, JSON.stringify(swing));
      const [first] = world.told;
      assert.deepEqual([world.told.length, first?.state, first?.units], [1, 'found', ['a', 'b']]);
      assert.ok(Math.abs((first?.before ?? 0) - 120 / swing.period) < 1);
      assert.deepEqual([world.toldOfLoad[0]?.state, world.toldOfLoad[0]?.units], ['found', ['a', 'b']]);
    }
  });

  it('are found, damped and settled, and stay so', () => {
    const world = new Handing(SPREADING, true);
    world.run(1200);
    assert.deepEqual(
      world.told.map(({ state }) => state),
      ['found', 'damped', 'settled'],
    );
    assert.equal(world.toldOfLoad.at(-1)?.state ?? 'settled', 'settled');
    const last = world.shares.slice(-60);
    assert.ok(Math.max(...last) - Math.min(...last) <= 0.1 * CAPACITY, last.join(' '));
  });

  it('come back ever more rarely where what feeds them does not go', () => {
    const world = new Handing(LASTING, true);
    world.run(4 * 3600);
    const found = world.told.filter(({ state }) => state === 'found').length;
    assert.ok(found > 1 && found <= 10, `${found} times in four hours`);
    const minutes = Array.from({ length: 240 }, (_, n) => world.shares.slice(60 * n, 60 * n + 60));
    const swinging = minutes.filter((minute) => swingOf(minute)).length;
    assert.ok(swinging <= 20, `${swinging} of 240 minutes`);
  });

  it('a rhythm that all have together, as the environment may give it, is no load that they hand to and fro', () => {
    const wave = (at: number) => Math.round(50 + 40 * Math.sin((2 * Math.PI * at) / 10));
    for (const [shift, found] of [
      [0, 0],
      [5, 1],
    ] as const) {
      const load = new Swinging(THEIR_LOAD);
      const told = Array.from({ length: 60 }, (_, at) => {
        load.said('r', { a: wave(at), b: wave(at + shift) }, at * SECOND);
        return load.tick(at * SECOND);
      }).flat();
      assert.equal(told.length, found);
    }
  });
});
