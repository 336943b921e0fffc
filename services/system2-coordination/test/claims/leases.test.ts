import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClaimedResource } from '@vsmcp/vsm';
import type { Answered, Claiming } from '../../src/claims/answers.js';
import { AGAIN, Leases, LONGEST } from '../../src/claims/leases.js';

const alone = (resource: string): ClaimedResource => ({ resource, of: 1 });
const shared = (resource: string): ClaimedResource => ({ resource, of: null });
const claim = (id: string, resources: (string | ClaimedResource)[], over: Partial<Claiming> = {}): Claiming => ({
  ...{ claim: id, unit: `unit-${id}`, instance: 'i1', ttl: 10_000, patience: 1000 },
  resources: resources.map((wish) => (typeof wish === 'string' ? alone(wish) : wish)),
  ...over,
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

describe('leases that are held together', () => {
  it('shared claims share, and one that wants the resource alone is not starved by those that come later', () => {
    const leases = new Leases(1, 0);
    assert.deepEqual(told(leases.claim(claim('r1', [shared('x')]), 0)), ['r1 granted']);
    assert.deepEqual(told(leases.claim(claim('r2', [shared('x')]), 1)), ['r2 granted']);
    assert.deepEqual(told(leases.claim(claim('w', ['x']), 2)), []);
    assert.deepEqual(told(leases.claim(claim('r3', [shared('x')]), 3)), [], 'w came first');
    assert.deepEqual(told(leases.claim(claim('r4', [shared('x')]), 4)), []);
    leases.release('r1', 5);
    assert.deepEqual(told(leases.release('r2', 6)), ['w granted']);
    assert.deepEqual(told(leases.release('w', 7)), ['r3 granted', 'r4 granted']);
  });

  it('counted claims go up to their number, and the narrowest of them counts', () => {
    const leases = new Leases(1, 0);
    const of = (n: number) => [{ resource: 'x', of: n }];
    for (const id of ['a', 'b', 'c']) assert.deepEqual(told(leases.claim(claim(id, of(3)), 0)), [`${id} granted`]);
    assert.deepEqual(told(leases.claim(claim('d', of(3)), 1)), []);
    assert.deepEqual(told(leases.release('a', 2)), ['d granted']);
    leases.claim(claim('narrow', of(2)), 3);
    leases.release('b', 4);
    assert.deepEqual(told(leases.release('c', 5)), ['narrow granted']);
    assert.deepEqual(told(leases.claim(claim('e', of(3)), 6)), [], 'narrow allows two');
  });

  it('a renewal of what has lapsed takes nothing', () => {
    const leases = new Leases(1, 0);
    leases.claim(claim('a', ['x'], { ttl: 500 }), 0);
    assert.deepEqual(told(leases.claim(claim('a', ['x'], { ttl: 500, renew: true }), 400)), ['a granted']);
    assert.deepEqual(told(leases.claim(claim('a', ['x'], { ttl: 500, renew: true }), 900)), [`a wait ${AGAIN}`]);
    assert.deepEqual(told(leases.claim(claim('b', ['x']), 901)), ['b granted']);
  });

  it('says for whom a claim waited', () => {
    const leases = new Leases(1, 0);
    leases.claim(claim('a', ['x']), 0);
    leases.claim(claim('b', ['x']), 1);
    const [granted] = leases.release('a', 2);
    assert.deepEqual(granted?.behind, ['unit-a']);
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
