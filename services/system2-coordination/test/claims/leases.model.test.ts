import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClaimedResource } from '@vsmcp/vsm';
import fc from 'fast-check';
import { type Answered, type Claiming, most } from '../../src/claims/answers.js';
import { Leases } from '../../src/claims/leases.js';

const TTL = 2000;
const resources = fc
  .uniqueArray(
    fc.record({ resource: fc.constantFrom('x', 'y', 'z'), of: fc.constantFrom<number | null>(1, 1, 2, 3, null) }),
    { selector: ({ resource }) => resource, minLength: 1 },
  )
  .map((list) => list.sort((a, b) => (a.resource < b.resource ? -1 : 1)));

/** A claim that asks, and asks again as it is told, and what happens between. */
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('claim' as const), resources }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
);
const takeover = fc.record({ do: fc.constant('takeover' as const), orderly: fc.boolean() });

/** The lease that a replica believes that it holds: from the grant on, for as long as it asked. */
interface Belief {
  claim: string;
  resources: readonly ClaimedResource[];
  until: number;
  token: number;
}

/** Replicas that claim, hold and release, and the coordinator. */
class World {
  now = 0;
  leases: Leases;
  readonly asked: Claiming[] = [];
  readonly had = new Set<string>();
  #epoch = 3;
  #believed: Belief[] = [];
  #back: { at: number; claiming: Claiming }[] = [];
  #token = 0;
  /** The instant before which the coordinator grants nothing. */
  #notBefore = 0;
  readonly #ordered: boolean;

  /** @param ordered no takeover happens, so that the order of coming is the order of grants */
  constructor(ordered: boolean) {
    this.#ordered = ordered;
    this.leases = new Leases(this.#epoch, 0);
  }

  claim(resources: ClaimedResource[]): void {
    const id = `c${this.asked.length}`;
    const claiming = { claim: id, unit: `u-${id}`, instance: 'i', resources, ttl: TTL, patience: 1000 };
    this.asked.push(claiming);
    this.take(this.leases.claim(claiming, this.now));
  }

  release(which: number): void {
    const [gone] = this.#believed.splice(which, 1);
    if (gone) this.take(this.leases.release(gone.claim, this.now));
  }

  pass(ms: number): void {
    this.now += ms;
    this.take(this.leases.tick(this.now));
    for (const due of this.#back.splice(0).sort((a, b) => a.at - b.at)) {
      if (due.at > this.now) this.#back.push(due);
      else this.take(this.leases.claim(due.claiming, this.now));
    }
  }

  /** Another leads. In order, it is handed what is held; after a crash it waits one lease time. */
  takeover(orderly: boolean): void {
    this.#epoch += 1;
    const held = orderly ? this.leases.held.filter(({ until }) => until > this.now) : [];
    this.#notBefore = orderly ? this.#notBefore : this.now + TTL;
    this.leases = new Leases(this.#epoch, this.#notBefore, held);
    // The claims that waited hear nothing and ask the new one.
    const waiting = this.asked.filter(({ claim }) => !this.had.has(claim));
    this.#back = waiting.map((claiming) => ({ at: this.now + 1000, claiming }));
  }

  take(answers: readonly Answered[]): void {
    for (const { grant } of answers) {
      const claiming = this.asked.find((c) => c.claim === grant.claim);
      assert.ok(claiming);
      if (!grant.granted) {
        this.#back.push({ at: this.now + (grant.wait ?? 0), claiming });
        continue;
      }
      if (this.#ordered) this.#overtakesNobody(claiming);
      this.had.add(grant.claim);
      assert.ok(grant.token !== undefined && grant.token > this.#token, 'tokens grow');
      this.#token = grant.token;
      const { claim, resources } = claiming;
      this.#believed.push({ claim, resources, until: this.now + TTL, token: grant.token });
    }
    this.#overlapsNowhere();
  }

  #overtakesNobody(claiming: Claiming): void {
    const names = claiming.resources.map(({ resource }) => resource);
    const rivals = this.asked.slice(0, this.asked.indexOf(claiming)).filter(({ claim }) => !this.had.has(claim));
    const overtaken = rivals.find((rival) => rival.resources.some(({ resource }) => names.includes(resource)));
    assert.equal(overtaken, undefined, `${claiming.claim} overtook ${overtaken?.claim}`);
  }

  /** Under this and earlier coordinators: replicas never hold more than any of them allows. */
  #overlapsNowhere(): void {
    this.#believed = this.#believed.filter(({ until }) => until > this.now);
    for (const name of ['x', 'y', 'z']) {
      const of = this.#believed.flatMap(({ resources }) => resources.filter(({ resource }) => resource === name));
      const allowed = Math.min(...of.map(({ of }) => most(of)));
      assert.ok(of.length === 0 || of.length <= allowed, `${of.length} hold ${name}, ${allowed} may`);
    }
  }
}

describe('leases, whatever happens', () => {
  it('never overlap or overtake, their tokens grow, and in the end every claim is granted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World(true);
        for (const what of steps) {
          if (what.do === 'claim') world.claim(what.resources);
          else if (what.do === 'release') world.release(what.which);
          else for (let ms = what.ms; ms > 0; ms -= 250) world.pass(Math.min(250, ms));
        }
        for (let n = 0; world.had.size < world.asked.length && n < world.asked.length * 20; n++) world.pass(250);
        assert.equal(world.had.size, world.asked.length, 'somebody starved');
        for (const lease of world.leases.held) world.take(world.leases.release(lease.claim, world.now));
        assert.deepEqual([world.leases.held, world.leases.waiting], [[], 0]);
      }),
      { numRuns: 200 },
    );
  });

  it('never overlap, and in the end every claim is granted, when another takes over in order or after a crash', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 8, arbitrary: step }, takeover), { maxLength: 60 }), (steps) => {
        const world = new World(false);
        for (const what of steps) {
          if (what.do === 'claim') world.claim(what.resources);
          else if (what.do === 'release') world.release(what.which);
          else if (what.do === 'takeover') world.takeover(what.orderly);
          else for (let ms = what.ms; ms > 0; ms -= 250) world.pass(Math.min(250, ms));
        }
        for (let n = 0; world.had.size < world.asked.length && n < world.asked.length * 30; n++) world.pass(250);
        assert.equal(world.had.size, world.asked.length, 'somebody starved');
      }),
      { numRuns: 300 },
    );
  });
});
