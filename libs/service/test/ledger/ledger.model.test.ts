import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { HeldReason, OutcomeKind } from '@vsmcp/vsm';
import fc from 'fast-check';
import { type Ledger, type ManualClock, manualClock, openState } from '../../src/index.js';
import { onEveryDatabase } from '../support/databases.js';
import { LedgerModel } from './model.js';

const KEYS = ['a', 'b', 'c', 'd'];
const key = fc.constantFrom(...KEYS);
const life = fc.integer({ min: 1, max: 3 });
/** 0: the attempt that has it now; 1: the one before. */
const behind = fc.constantFrom(0, 0, 0, 1);
const outcome = fc.constantFrom<OutcomeKind>('answered', 'noted', 'parked', 'parked', 'doubt');
const command = fc.oneof(
  fc.record({ do: fc.constant('claim' as const), keys: fc.array(key, { minLength: 1, maxLength: 6 }), life }),
  fc.record({ do: fc.constant('intend' as const), key, behind, life }),
  fc.record({ do: fc.constant('settle' as const), key, behind, outcome }),
  fc.record({ do: fc.constant('settle new' as const), key, outcome }),
  fc.record({ do: fc.constant('release' as const), key, behind }),
  fc.record({
    do: fc.constant('reclaim' as const),
    reason: fc.constantFrom<HeldReason>('parked', 'doubt'),
    limit: fc.integer({ min: 1, max: 3 }),
    life,
  }),
  fc.record({ do: fc.constant('abandoned' as const), life }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 3 }) }),
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

onEveryDatabase('the ledger against its model', (on) => {
  let clock: ManualClock;
  let ledger: Ledger;
  let run = 0;
  before(async () => {
    clock = manualClock(1_000_000);
    ledger = (await openState(on.database, 'vsm', clock)).ledger;
  });

  test('any sequence of commands has the answers of a Map', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 15, maxLength: 40, size: 'max' }), async (commands) => {
        const type = `run.${run++}`;
        const model = new LedgerModel();
        for (const c of commands) await step(ledger, clock, model, type, c);
        for (const reason of ['parked', 'doubt'] as const) {
          assert.equal((await ledger.held({ type, reason, limit: 100 })).total, model.counts()[reason] ?? 0);
        }
      }),
      { numRuns: 40 },
    );
  });
});

/** Does the same to both and compares what they say. */
async function step(ledger: Ledger, clock: ManualClock, model: LedgerModel, type: string, c: Command): Promise<void> {
  const named = (id: string) => ({ source: type, id, unit: '' });
  const event = (id: string) => ({ specversion: '1.0' as const, source: type, id, type });
  const now = clock.now();
  switch (c.do) {
    case 'wait':
      return clock.advance(c.ms);
    case 'claim': {
      const deadline = now + c.life;
      const real = await Promise.all(c.keys.map((id) => ledger.claim({ ...named(id), type, holder: 'h', deadline })));
      return assert.deepEqual(
        real,
        c.keys.map((id) => model.claim(id, now, deadline)),
      );
    }
    case 'intend': {
      const attempt = model.attemptOf(c.key) - c.behind;
      const real = await ledger.intend(named(c.key), attempt, now + c.life);
      return assert.equal(real, model.intend(c.key, attempt, now + c.life));
    }
    case 'settle new': {
      const given = { ...named(c.key), type, holder: 'h', outcome: c.outcome, record: c.outcome, event: event(c.key) };
      return assert.equal(await ledger.settleNew(given), model.settleNew(c.key, c.outcome, c.outcome));
    }
    case 'settle': {
      const attempt = model.attemptOf(c.key) - c.behind;
      const record = { attempt };
      const real = await ledger.settle({ ...named(c.key), attempt, outcome: c.outcome, record, event: event(c.key) });
      return assert.equal(real, model.settle(c.key, attempt, c.outcome, record));
    }
    case 'release': {
      const attempt = model.attemptOf(c.key) - c.behind;
      await ledger.release(named(c.key), attempt);
      return model.release(c.key, attempt);
    }
    case 'reclaim': {
      const real = await ledger.reclaim({ reason: c.reason, types: [type] }, 'h', now + c.life, c.limit);
      return assert.deepEqual(
        real.map((r) => [r.id, r.attempt, r.called]),
        model.reclaim(c.reason, now + c.life, c.limit),
      );
    }
    case 'abandoned': {
      const real = await ledger.abandoned('h', now, now + c.life, 1000);
      return assert.deepEqual(
        real.filter((r) => r.type === type).map((r) => [r.id, r.attempt, r.called]),
        model.abandoned(now, now + c.life),
      );
    }
  }
}
