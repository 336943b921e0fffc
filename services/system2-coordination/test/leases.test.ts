import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Answered, Claiming } from '../src/answers.js';
import { AGAIN, Leases, LONGEST } from '../src/leases.js';

const claim = (id: string, resources: string[], over: Partial<Claiming> = {}): Claiming => ({
  ...{ claim: id, unit: `unit-${id}`, instance: 'i1', resources, ttl: 10_000, ...over },
});
const told = (answers: readonly Answered[]) =>
  answers.map(({ grant }) => `${grant.claim} ${grant.granted ? 'granted' : `wait ${grant.wait}`}`);

describe('leases', () => {
  it('grants what is free at once, and what is held when it is released', () => {
    const leases = new Leases(1, 0);
    assert.deepEqual(told(leases.claim(claim('a', ['x']), 0)), ['a granted']);
    assert.deepEqual(told(leases.claim(claim('b', ['x']), 1)), []);
    assert.deepEqual(told(leases.claim(claim('c', ['y']), 2)), ['c granted']);
    assert.deepEqual(told(leases.release('a', 3)), ['b granted']);
    assert.equal(leases.waited, 1);
    assert.deepEqual(leases.held.map((l) => l.claim).sort(), ['b', 'c']);
  });

  it('grants several resources all at once, and lets nobody overtake for one of them', () => {
    const leases = new Leases(1, 0);
    leases.claim(claim('a', ['x']), 0);
    assert.deepEqual(told(leases.claim(claim('both', ['x', 'y']), 1)), []);
    assert.deepEqual(told(leases.claim(claim('late', ['y']), 2)), [], 'y is free, but both came first');
    assert.deepEqual(told(leases.release('a', 3)), ['both granted']);
    assert.deepEqual(told(leases.release('both', 4)), ['late granted']);
  });

  it('a lease lapses by itself, and lasts no longer than it may', () => {
    const leases = new Leases(1, 0);
    leases.claim(claim('a', ['x'], { ttl: 500 }), 0);
    leases.claim(claim('b', ['x']), 1);
    assert.deepEqual(told(leases.tick(499)), []);
    assert.deepEqual(told(leases.tick(500)), ['b granted']);
    leases.claim(claim('c', ['z'], { ttl: LONGEST * 5 }), 0);
    assert.equal(leases.held.find((l) => l.claim === 'c')?.until, LONGEST);
  });

  it('a claim that meets a lapsed lease need not wait for a tick', () => {
    const leases = new Leases(1, 0);
    leases.claim(claim('a', ['x'], { ttl: 500 }), 0);
    assert.deepEqual(told(leases.claim(claim('b', ['x']), 600)), ['b granted']);
  });

  it('asked again while held: the same token, for longer', () => {
    const leases = new Leases(1, 0);
    const [first] = leases.claim(claim('a', ['x'], { ttl: 500 }), 0);
    const [again] = leases.claim(claim('a', ['x'], { ttl: 500 }), 400);
    assert.equal(again?.grant.token, first?.grant.token);
    assert.deepEqual([first?.renewed, again?.renewed], [false, true]);
    assert.equal(leases.held[0]?.until, 900);
  });

  it('who waited too long is told to ask again, and keeps its place, known by its id or by unit and resources', () => {
    for (const returns of ['b', 'b2']) {
      const leases = new Leases(1, 0);
      leases.claim(claim('a', ['x']), 0);
      leases.claim(claim('b', ['x'], { unit: 'tidy' }), 1);
      leases.claim(claim('c', ['x']), 2);
      assert.deepEqual(told(leases.tick(1001)), [`b wait ${AGAIN}`]);
      assert.deepEqual(told(leases.release('a', 1500)), [], 'b is first, though away');
      assert.deepEqual(told(leases.claim(claim(returns, ['x'], { unit: 'tidy' }), 2001)), [`${returns} granted`]);
      assert.equal(leases.waited, 2);
    }
  });

  it('a place whose claim does not come back is given up', () => {
    const leases = new Leases(1, 0);
    leases.claim(claim('a', ['x']), 0);
    leases.claim(claim('b', ['x']), 1);
    leases.tick(1001);
    leases.release('a', 1500);
    leases.claim(claim('c', ['x']), 4500);
    assert.deepEqual(told(leases.tick(5001)), ['c granted']);
    assert.equal(leases.waiting, 0);
  });

  it('a new leader grants nothing before the leases of the last one have lapsed, and its tokens are higher', () => {
    const first = new Leases(1, 0);
    const [old] = first.claim(claim('a', ['x']), 0);
    const second = new Leases(2, 1500);
    assert.deepEqual(told(second.claim(claim('b', ['x']), 600)), []);
    assert.deepEqual(told(second.tick(1400)), []);
    const [fresh] = second.tick(1500);
    assert.equal(fresh?.grant.claim, 'b');
    assert.ok((fresh?.grant.token ?? 0) > (old?.grant.token ?? 0));
    assert.ok(Number.isSafeInteger(fresh?.grant.token));
  });
});

describe('leases handed over', () => {
  it('stand for a new leader, and nothing else waits for them', () => {
    const first = new Leases(1, 0);
    first.claim(claim('a', ['x']), 0);
    const second = new Leases(2, 0, first.held);
    assert.deepEqual(told(second.claim(claim('b', ['x']), 10)), []);
    assert.deepEqual(told(second.claim(claim('c', ['y']), 11)), ['c granted']);
    assert.deepEqual(told(second.release('a', 12)), ['b granted']);
  });
});

/** A claim that asks, and asks again as it is told, and what happens between. */
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('claim' as const),
      resources: fc.subarray(['x', 'y', 'z'], { minLength: 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('release' as const), which: fc.nat(5) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 3000 }) }) },
);

describe('leases, whatever happens', () => {
  it('no two live leases overlap, tokens grow, nothing overtakes, and in the end everybody had it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const leases = new Leases(3, 0);
        let now = 0;
        let token = 0;
        let made = 0;
        const asked: Claiming[] = [];
        const had = new Set<string>();
        const back: { at: number; claiming: Claiming }[] = [];
        const take = (answers: readonly Answered[]): void => {
          for (const { grant } of answers) {
            const claiming = asked.find((c) => c.claim === grant.claim);
            assert.ok(claiming);
            if (!grant.granted) {
              back.push({ at: now + (grant.wait ?? 0), claiming });
              continue;
            }
            const rivals = asked.slice(0, asked.indexOf(claiming)).filter((c) => !had.has(c.claim));
            const overtaken = rivals.find((r) => r.resources.some((resource) => claiming.resources.includes(resource)));
            assert.equal(overtaken, undefined, `${grant.claim} overtook ${overtaken?.claim}`);
            had.add(grant.claim);
            assert.ok((grant.token ?? 0) > token);
            token = grant.token ?? 0;
          }
          const live = leases.held.filter((lease) => lease.until > now).flatMap((lease) => lease.resources);
          assert.equal(new Set(live).size, live.length, 'two leases on one resource');
        };
        const pass = (ms: number): void => {
          now += ms;
          take(leases.tick(now));
          for (const due of back.splice(0).sort((a, b) => a.at - b.at))
            if (due.at > now) back.push(due);
            else take(leases.claim(due.claiming, now));
        };
        for (const what of steps) {
          if (what.do === 'claim') {
            const claiming = claim(`c${made++}`, what.resources, { ttl: 2000 });
            asked.push(claiming);
            take(leases.claim(claiming, now));
          } else if (what.do === 'release') {
            const lease = leases.held[what.which];
            if (lease) take(leases.release(lease.claim, now));
          } else for (let ms = what.ms; ms > 0; ms -= 250) pass(Math.min(250, ms));
        }
        for (let rounds = 0; had.size < asked.length && rounds < asked.length * 20; rounds++) pass(250);
        assert.equal(had.size, asked.length, 'somebody starved');
        for (const lease of leases.held) take(leases.release(lease.claim, now));
        assert.deepEqual([leases.held, leases.waiting], [[], 0]);
      }),
      { numRuns: 200 },
    );
  });
});
