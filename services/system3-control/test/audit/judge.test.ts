import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Units } from '@vsmcp/vsm';
import { Counting, type Grounds, judge, type Sample } from '../../src/audit/judge.js';
import { row } from '../fixtures.js';

const GROUNDS: Grounds = {
  units: Units.parse({
    desk: {
      responses: { 'file.*': { call: 'calc-mcp.math' }, 'file.cron': { call: 'calc-mcp.math', claims: 'board' } },
    },
  }),
  capabilities: [row()],
  granted: new Map([['c1', 7]]),
  since: 1000,
};

interface Over {
  reported?: Partial<Sample['reported']>;
  ended?: Partial<NonNullable<Sample['ended']>>;
  booked?: Partial<NonNullable<Sample['booked']>>;
}

function sample({ reported = {}, ended = {}, booked = {} }: Over = {}): Sample {
  const event = { source: '/s', id: 'e1', type: 'file.cron' };
  return {
    reported: {
      event,
      unit: 'desk',
      instance: 'r1',
      outcome: 'answered',
      tool: 'calc-mcp.math',
      attempts: 1,
      ...reported,
    },
    booked: { outcome: 'answered', attempt: 1, ...booked },
    ended: {
      source: '/s',
      id: 'e1',
      attempt: 1,
      ended: 'answered',
      claims: [{ claim: 'c1', token: 7 }],
      at: 10_000,
      ...ended,
    },
  };
}

const kinds = (...of: Parameters<typeof judge>) => judge(...of).map(({ kind, found }) => `${kind}: ${found}`);

describe('the judge', () => {
  it('finds nothing where everything agrees', () => {
    assert.deepEqual(kinds(sample(), GROUNDS), []);
    assert.deepEqual(kinds({ ...sample(), ended: undefined }, GROUNDS), [], 'evidence may be gone');
  });

  it('finds success for failure, by the ledger and by the unit’s own evidence', () => {
    assert.deepEqual(kinds(sample({ booked: { outcome: 'dead' } }), GROUNDS), ['outcome: the ledger has dead']);
    assert.deepEqual(kinds(sample({ ended: { ended: 'failed' } }), GROUNDS), ['outcome: the unit saw the call fail']);
    assert.deepEqual(kinds({ ...sample(), booked: undefined }, GROUNDS), [
      'outcome: the ledger does not know the event',
    ]);
  });

  it('judges an attempt by that attempt alone', () => {
    assert.deepEqual(kinds(sample({ reported: { outcome: 'dead' }, booked: { attempt: 2 } }), GROUNDS), []);
    assert.deepEqual(kinds(sample({ ended: { attempt: 2, ended: 'failed' } }), GROUNDS), []);
  });

  it('finds a skipped claim, and one that was never granted', () => {
    assert.deepEqual(kinds(sample({ ended: { claims: [] } }), GROUNDS), ['claim: done without a lease']);
    const invented = sample({ ended: { claims: [{ claim: 'c9', token: 7 }] } });
    assert.deepEqual(kinds(invented, GROUNDS), ['claim: System 2 never granted c9']);
    assert.deepEqual(kinds(invented, { ...GROUNDS, since: 9000 }), [], 'an earlier coordinator may have');
    const unclaimed = sample({
      reported: { event: { source: '/s', id: 'e1', type: 'file.md' } },
      ended: { claims: [] },
    });
    assert.deepEqual(kinds(unclaimed, GROUNDS), [], 'its response needs none');
  });

  it('leaves the tools of a unit that is a system to that fleet', () => {
    const below = sample({ reported: { tool: 'theirs.sell', below: 'vsm.west' }, ended: { claims: [] } });
    assert.ok(!kinds(below, GROUNDS).some((kind) => kind.startsWith('contract')));
  });

  it('finds a tool that its server does not offer', () => {
    const found = ['contract: its server does not offer that tool'];
    assert.deepEqual(kinds(sample({ reported: { tool: 'calc-mcp.rm' } }), GROUNDS), found);
    assert.deepEqual(kinds(sample({ reported: { tool: 'nobody.math' } }), GROUNDS), found);
    const only = { ...GROUNDS, capabilities: [row({ only: ['cron_parse'] })] };
    assert.deepEqual(kinds(sample(), only), found);
  });
});

describe('counting', () => {
  const said = { instance: 'r1', unit: 'desk', outcome: 'answered' as const };
  const reported = (answered: number) => ({
    instance: 'r1',
    units: { desk: { received: answered, outcomes: { answered }, busy: 0 } },
  });

  it('finds reports that count more or less than was said, beyond what the edges can explain', () => {
    for (const [count, found] of [
      [20, 0],
      [23, 0],
      [24, 1],
      [16, 1],
    ] as const) {
      const counting = new Counting();
      for (let n = 0; n < 20; n++) counting.said(said);
      counting.reported(reported(count));
      assert.equal(counting.findings().length, found, String(count));
    }
  });
});
