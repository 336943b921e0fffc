import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Capability } from '@vsmcp/vsm';
import { changeOf } from '../../src/acquisitions/changes.js';
import { judge, type ProposalData, type Remembered } from '../../src/acquisitions/decision.js';
import { type DeliberationState, evolve, NO_DELIBERATION } from '../../src/acquisitions/deliberated.js';
import { answer, pending, propose } from '../../src/acquisitions/deliberation.js';
import { installation, policy, proposal, WANTS_GIT } from '../proposals.js';

const nothing: Remembered = { installed: false };
const CALC = 'io.github.coo-quack/calc-mcp';
const HIDDEN = { where: 'add.description', kind: 'hidden' as const, text: 'a\\u{200b}' };

const row = (over: Partial<Capability> = {}) =>
  Capability.parse({
    server: 'calc',
    origin: 'acquired',
    name: CALC,
    version: '2.1.1',
    state: 'ready',
    spec: { npm: '@coo-quack/calc-mcp@2.1.1' },
    ...over,
  });
const asked = (how: 'upgrade' | 'rollback' | 'dismiss', version?: string) => {
  return { server: 'calc', how, because: '', by: 'ann', ...(version !== undefined && { version }) };
};
const changed = (...args: Parameters<typeof changeOf>): ProposalData => {
  const change = changeOf(...args);
  assert.ok('proposal' in change, JSON.stringify(change));
  return change.proposal;
};
const told = (proposed: ProposalData, over: Parameters<typeof policy>[0] = {}) => {
  const { verdict, rule } = judge(policy(over), proposed, nothing);
  return `${verdict} ${rule}`;
};

describe('whose a package is', () => {
  const absent = { mcpName: undefined };

  it('one that names another server is refused, before it is given an event, unless that does not matter', () => {
    for (const make of [proposal, installation]) {
      const other = make({ mcpName: 'io.github.other/calc' });
      assert.equal(told(other), 'deny acquire.ownership');
      assert.equal(told(other, { ownership: 'required' }), 'deny acquire.ownership');
      assert.equal(told(other, { ownership: 'ignore' }), 'allow acquire.allow');
    }
  });

  it('one that names none is asked about, refused or let be', () => {
    assert.equal(told(proposal(absent)), 'ask acquire.ask');
    assert.match(judge(policy(), proposal(absent), nothing).because, /does not say that it is io\.github\.coo-quack/);
    assert.equal(told(proposal(absent), { ownership: 'required' }), 'deny acquire.ownership');
    assert.equal(told(proposal(absent), { ownership: 'ignore' }), 'allow acquire.allow');
    assert.equal(told(proposal(absent), { ask: 'never' }), 'deny acquire.allow');
    assert.equal(told(proposal({ stage: 'probe' })), 'allow acquire.from', 'not known yet');
  });
});

describe('suspicious words', () => {
  it('have a person asked where policy would allow by itself, and are told', () => {
    const suspicious = installation({ suspicions: [HIDDEN] });
    assert.equal(told(suspicious), 'ask acquire.ask');
    assert.match(judge(policy(), suspicious, nothing).because, /hidden in add\.description: "a\\u\{200b\}"/);
    const many = Array(5).fill(HIDDEN);
    assert.match(judge(policy(), installation({ suspicions: many }), nothing).because, /and 2 more/);
  });

  it('that came after a yes void it', () => {
    const first = judged(NO_DELIBERATION, proposal({ grants: WANTS_GIT }));
    const said = answer(first, { proposal: 'p1', verdict: 'allow', because: '', by: 'ann' }, 2);
    assert.ok('events' in said);
    const yes = said.events.reduce(evolve, first);
    const installed = (over: Partial<ProposalData>) =>
      propose(yes, policy(), installation({ grants: WANTS_GIT, ...over }), 3).flatMap((event) =>
        event.type === 'acquire.judged' ? [event.judgement.verdict] : [],
      );
    assert.deepEqual(installed({}), ['allow']);
    assert.deepEqual(installed({ suspicions: [HIDDEN] }), ['ask']);
  });
});

function judged(state: DeliberationState, proposed: ProposalData): DeliberationState {
  return propose(state, policy(), proposed, 1).reduce(evolve, state);
}

describe('a server that offers something else than was approved', () => {
  const drift = (over: Partial<ProposalData> = {}) =>
    proposal({
      stage: 'contract',
      proposal: 'contract:files:a:b',
      server: 'files',
      changed: ['new: delete_all'],
      candidate: {
        name: 'files',
        description: '',
        version: '',
        registry: 'configured',
        spec: { url: 'https://a.example', headers: {}, parallel: false },
      },
      ...over,
    });

  it('is always put to a person, whatever policy allows by itself', () => {
    for (const over of [{}, { allow: 'nothing', ask: 'never' }] as const)
      assert.equal(told(drift(), over), 'ask contract');
    assert.match(
      judge(policy(), drift({ suspicions: [HIDDEN] }), nothing).because,
      /new: delete_all; suspicious words/,
    );
    assert.equal(told(drift({ arguments: ['code'] })), 'deny no-strangers-code');
  });

  it('waits for long, and anybody may answer, for nobody asked', () => {
    const state = judged(NO_DELIBERATION, drift());
    const [waiting] = pending(state);
    assert.ok(waiting && waiting.until > 20 * 86_400_000);
    const said = answer(state, { proposal: waiting.proposal.proposal, verdict: 'allow', because: '', by: 'ann' }, 2);
    assert.ok('events' in said);
  });
});

describe('a change that somebody asked for', () => {
  it('is about an acquired server that is there', () => {
    const refused = (...args: Parameters<typeof changeOf>) => {
      const change = changeOf(...args);
      return 'refused' in change ? change.refused : 'not refused';
    };
    assert.match(refused(asked('dismiss'), [], 'c'), /no server calc/);
    assert.match(refused(asked('dismiss'), [row({ state: 'removed' })], 'c'), /no server calc/);
    assert.match(
      refused(asked('dismiss'), [row({ origin: 'configured' })], 'c'),
      /change servers\.calc in vsmcp\.yaml/,
    );
    assert.match(refused(asked('upgrade'), [row()], 'c'), /exact version/);
    assert.match(refused(asked('upgrade', 'latest'), [row()], 'c'), /exact version/);
    assert.match(refused(asked('upgrade', '2.1.1'), [row()], 'c'), /at 2\.1\.1 already/);
    assert.match(refused(asked('rollback'), [row()], 'c'), /nothing to roll back to/);
  });

  it('upgrade: it is tried first, and allowed when it is proven, contained and offers the same', () => {
    const first = changed(asked('upgrade', '2.2.0'), [row()], 'c');
    assert.deepEqual([first.candidate.name, first.candidate.version, first.by], [CALC, '2.2.0', 'ann']);
    assert.equal(told(first), 'allow upgrade');
    assert.equal(told(first, { admission: { from: [], deny: [], allowed: [] } }), 'deny acquire.from');
    const evidence = {
      results: [],
      tools: [],
      integrity: 'sha512-y',
      contract: 'c1',
      confinement: 'namespace' as const,
    };
    const proven = (
      over: Partial<ProposalData> = {},
      shown: Partial<typeof evidence> | { confinement: 'none' } = {},
    ) => ({
      ...first,
      mcpName: CALC,
      evidence: { ...evidence, ...shown },
      ...over,
    });
    assert.equal(told(proven()), 'allow upgrade');
    assert.equal(told(proven({ changed: ['gone: add'] })), 'ask upgrade');
    assert.equal(told(proven({ changed: ['gone: add'] }), { ask: 'never' }), 'deny upgrade');
    assert.equal(told(proven({ suspicions: [HIDDEN] })), 'ask upgrade');
    assert.equal(told(proven({ grants: WANTS_GIT })), 'ask upgrade');
    assert.equal(told(proven({ mcpName: 'io.github.other/calc' })), 'deny acquire.ownership');
    assert.equal(told(proven({}, { integrity: '' })), 'deny acquire.evidence');
    assert.equal(told(proven({}, { confinement: 'none' })), 'deny acquire.confinement');
  });

  it('upgrade: whoever asked for it does not approve it', () => {
    const first = changed(asked('upgrade', '2.2.0'), [row()], 'c');
    const evidence = { results: [], tools: [], integrity: 'i', contract: 'c', confinement: 'namespace' as const };
    const state = judged(NO_DELIBERATION, { ...first, mcpName: CALC, changed: ['gone: add'], evidence });
    const by = (who: string) => answer(state, { proposal: 'c', verdict: 'allow', because: '', by: who }, 2);
    assert.ok('refused' in by('ann'));
    assert.ok('events' in by('bob'));
  });

  it('rollback: to what was approved before, while its name is still admitted', () => {
    const previous = { version: '2.0.0', spec: { ...row().spec, npm: '@coo-quack/calc-mcp@2.0.0' }, tools: [] };
    const back = changed(asked('rollback'), [row({ previous })], 'c');
    assert.equal(back.candidate.version, '2.0.0');
    assert.equal(told(back), 'allow rollback');
    assert.equal(
      told(back, { admission: { from: ['io.github.*/*'], deny: [CALC], allowed: [] } }),
      'deny acquire.deny',
    );
  });

  it('dismiss: it goes, and is not taken in again until somebody asks', () => {
    const gone = judged(NO_DELIBERATION, changed(asked('dismiss'), [row()], 'c'));
    const seen = (state: DeliberationState, over: Partial<ProposalData>) =>
      propose(state, policy(), installation({ proposal: 'p9', ...over }), 3).flatMap((event) =>
        event.type === 'acquire.judged' ? [`${event.judgement.verdict} ${event.judgement.rule}`] : [],
      );
    assert.deepEqual(seen(gone, {}), ['deny dismiss']);
    assert.deepEqual(seen(gone, { stage: 'probe', evidence: undefined }), ['deny dismiss']);
    assert.deepEqual(seen(gone, { by: 'bob' }), ['allow acquire.allow']);
    const again = judged(gone, installation({ proposal: 'p9', by: 'bob' }));
    assert.deepEqual(seen(again, { proposal: 'p10' }), ['allow acquire.allow']);
  });
});
