import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterCall, afterNoCall, type CallResult, closedBreaker, tryBreaker } from '../../src/attenuation/breaker.js';

const LIMITS = { failing: 0.5, of: 10, wait: 1000 };
const after = (endings: readonly CallResult[], now = 0) =>
  endings.reduce((breaker, ending) => afterCall(breaker, ending, LIMITS, now), closedBreaker(LIMITS));

test('given too few calls to say, when half of them failed, then it stays closed', () => {
  assert.equal(after(['failed', 'failed', 'well', 'failed']).state, 'closed');
});

test('given half of the last calls failed, when the next is tried, then it waits; after that one is tried', () => {
  const open = after(['well', 'well', 'failed', 'failed', 'failed']);
  assert.equal(open.state, 'open');
  assert.equal(tryBreaker(open, 400, 5000).wait, 600);
  const { breaker: half, wait } = tryBreaker(open, 1000, 5000);
  assert.deepEqual([half.state, wait], ['half-open', undefined]);
  assert.equal(tryBreaker(half, 1001, 5000).wait, 4999, 'one at a time');
  assert.equal(tryBreaker(half, 6000, 5000).wait, undefined, 'nothing was heard of the try');
});

test('given the try goes well, then it is closed and has forgotten; given it fails, then it waits twice as long', () => {
  const { breaker: half } = tryBreaker(after(Array(5).fill('failed')), 1000, 5000);
  assert.deepEqual(afterCall(half, 'well', LIMITS, 1100), closedBreaker(LIMITS));
  const again = afterCall(half, 'failed', LIMITS, 1100);
  assert.deepEqual([again.state, again.until, again.wait], ['open', 3100, 4000]);
});

test('given five calls in a row without an answer, then it opens at once, whatever went well before', () => {
  const well: CallResult[] = Array(10).fill('well');
  assert.equal(after([...well, 'lost', 'lost', 'lost', 'lost']).state, 'closed');
  assert.equal(after([...well, 'lost', 'lost', 'lost', 'lost', 'lost']).state, 'open');
});

test('given the try was called off, then another may try at once', () => {
  const { breaker: half } = tryBreaker(after(Array(5).fill('lost')), 1000, 5000);
  assert.equal(tryBreaker(afterNoCall(half, 1200), 1200, 5000).wait, undefined);
});

test('property: it never waits longer than a minute, and one well-ended try always closes it', () => {
  const ending = fc.constantFrom<CallResult>('well', 'failed', 'lost');
  fc.assert(
    fc.property(fc.array(fc.tuple(ending, fc.nat(100_000)), { maxLength: 60 }), (calls) => {
      let breaker = closedBreaker(LIMITS);
      let now = 0;
      for (const [ended, pause] of calls) {
        now += pause;
        const tried = tryBreaker(breaker, now, 1000);
        breaker = tried.breaker;
        assert.ok((tried.wait ?? 0) <= 60_000);
        if (tried.wait === undefined) breaker = afterCall(breaker, ended, LIMITS, now);
        if (tried.wait === undefined && ended === 'well' && tried.breaker.state === 'half-open') {
          assert.equal(breaker.state, 'closed');
        }
        assert.ok(breaker.recent.length <= LIMITS.of);
      }
      const last = tryBreaker(breaker, now + 60_000, 1000);
      assert.equal(last.wait, undefined, 'after a minute somebody tries');
    }),
  );
});
