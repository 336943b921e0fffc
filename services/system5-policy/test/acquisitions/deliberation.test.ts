import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  DeliberationEvent,
  type DeliberationState,
  evolve,
  NO_DELIBERATION,
} from '../../src/acquisitions/deliberated.js';
import { answer, decided, lapse, pending, propose } from '../../src/acquisitions/deliberation.js';
import { installation, policy, proposal, WANTS_GIT } from '../proposals.js';

const git = proposal({ grants: WANTS_GIT });
const by = (state: DeliberationState, events: readonly DeliberationEvent[]) => events.reduce(evolve, state);
const proposed = (state: DeliberationState, what = git, now = 1000) => by(state, propose(state, policy(), what, now));
const yes = { proposal: 'p1', verdict: 'allow' as const, because: '', by: 'ann' };

function answered(state: DeliberationState, given: Parameters<typeof answer>[1], now = 2000) {
  const result = answer(state, given, now);
  return 'events' in result ? by(state, result.events) : result.refused;
}
const at = (state: DeliberationState, id: string, stage: string) =>
  [...(state.cases.get(id)?.steps.values() ?? [])].find((s) => s.proposal.stage === stage)?.judgement;
const judgementOf = (state: DeliberationState | string, stage: 'trial' | 'install' = 'trial') => {
  assert.ok(typeof state !== 'string', String(state));
  const judgement = at(state, 'p1', stage);
  return `${judgement?.verdict} ${judgement?.rule} ${judgement?.by}`;
};

describe('deliberation', () => {
  it('the same proposal again is not judged again, a changed one is', () => {
    const state = proposed(NO_DELIBERATION);
    assert.deepEqual(propose(state, policy(), git, 2000), []);
    assert.equal(propose(state, policy(), { ...git, waiting: 4 }, 2000).length, 1);
  });

  it('an ask waits until its deadline, then the answer is no', () => {
    const state = proposed(NO_DELIBERATION);
    assert.deepEqual(
      pending(state).map((p) => p.until),
      [601_000],
    );
    assert.deepEqual(lapse(state, 600_999), []);
    const after = by(state, lapse(state, 601_000));
    assert.equal(judgementOf(after), 'deny no-answer policy');
    assert.deepEqual(pending(after), []);
    assert.deepEqual(lapse(after, 700_000), []);
    assert.equal(typeof answered(after, yes), 'string');
  });

  it('a yes at trial holds for the same installation', () => {
    const state = answered(proposed(NO_DELIBERATION), yes);
    assert.equal(judgementOf(state), 'allow acquire.ask ann');
    assert.ok(typeof state !== 'string');
    const installed = proposed(state, installation({ grants: WANTS_GIT }));
    assert.equal(judgementOf(installed, 'install'), 'allow acquire.ask ann');
    assert.equal(at(proposed(installed, proposal({ stage: 'remove' })), 'p1', 'remove')?.verdict, 'allow');
  });

  it('a person can answer once, in time, and only what waits', () => {
    const state = proposed(NO_DELIBERATION);
    assert.equal(typeof answered(state, yes, 601_000), 'string');
    assert.equal(typeof answered(state, { ...yes, proposal: 'p2' }), 'string');
    const once = answered(state, { ...yes, verdict: 'deny' });
    assert.equal(judgementOf(once), 'deny acquire.ask ann');
    assert.ok(typeof once !== 'string');
    assert.equal(typeof answered(once, yes), 'string');
  });

  it('candidates of one proposal are remembered side by side, and an ask is moot when the proposal moves on', () => {
    const other = { ...git, tool: 'git_log' };
    const state = proposed(proposed(proposed(NO_DELIBERATION, proposal({ stage: 'probe' })), git), other);
    assert.deepEqual(
      pending(state).map((p) => p.proposal.tool),
      ['git_log'],
    );
    assert.deepEqual(
      decided(state, 10).map((p) => p.proposal.stage),
      ['probe'],
    );
  });

  it('nobody approves their own request', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (asker, approver) => {
        const result = answered(proposed(NO_DELIBERATION, { ...git, by: asker }), { ...yes, by: approver });
        if (asker === approver) assert.match(String(result), /nobody approves their own/);
        else assert.equal(judgementOf(result), `allow acquire.ask ${approver}`);
      }),
    );
  });

  it('a forbid rule is remembered for its event type, so that what waits can be refused under its name', () => {
    const runner = proposal({ proposal: 'p9', type: 'file.js', arguments: ['code'] });
    const refuse = proposal({ proposal: 'p10', stage: 'refuse', type: 'file.js' });
    const judged = (state: DeliberationState) => at(proposed(state, refuse), 'p10', 'refuse');
    assert.equal(judged(NO_DELIBERATION)?.verdict, 'deny');
    assert.equal(judged(proposed(NO_DELIBERATION, runner))?.rule, 'no-strangers-code');
    assert.equal(judged(proposed(NO_DELIBERATION, runner))?.verdict, 'allow');
  });

  it('at most 100 asks wait, and at most 1000 proposals are remembered, those that wait among them', () => {
    let state = proposed(NO_DELIBERATION);
    for (let i = 0; i < 120; i++) state = proposed(state, { ...git, proposal: `q${i}` });
    assert.equal(pending(state).length, 100);
    for (let i = 0; i < 1100; i++) state = proposed(state, proposal({ proposal: `c${i}` }));
    assert.equal(state.cases.size, 1000);
    assert.equal(pending(state).length, 100);
    assert.equal(decided(state, 5).length, 5);
  });

  it('what the journal gives back leads to the same state', () => {
    const events = [...propose(NO_DELIBERATION, policy(), git, 1000)];
    const result = answer(by(NO_DELIBERATION, events), yes, 2000);
    if ('events' in result) events.push(...result.events);
    // keys in another order, as a database may return them
    const reversed = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([key, v]) => [key, reversed(v)]),
          )
        : value;
    const stored = events.map((event) => DeliberationEvent.parse(reversed(JSON.parse(JSON.stringify(event)))));
    const replayed = by(NO_DELIBERATION, stored);
    assert.deepEqual(replayed, by(NO_DELIBERATION, events));
    assert.deepEqual(propose(replayed, policy(), git, 3000), [], 'a redelivered proposal is still known');
  });
});
