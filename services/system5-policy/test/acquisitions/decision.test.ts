import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { judge, type Remembered, termsOf } from '../../src/acquisitions/decision.js';
import { compileForbids } from '../../src/policy/forbids.js';
import { installation, policy, proposal, WANTS_GIT } from '../proposals.js';

const nothing: Remembered = { installed: false };
const verdict = (...args: Parameters<typeof judge>) => {
  const { verdict, rule } = judge(...args);
  return `${verdict} ${rule}`;
};
const said = (verdict: 'allow' | 'deny', terms: string): Remembered => ({
  installed: false,
  answer: { verdict, by: 'ann', because: 'fine', terms },
});

describe('judge', () => {
  it('probe: by name alone', () => {
    const probe = proposal({ stage: 'probe', grants: WANTS_GIT });
    assert.equal(verdict(policy(), probe, nothing), 'allow acquire.from');
    const admission = { from: ['com.example/*'], deny: [], allowed: [] };
    assert.equal(verdict(policy({ admission }), probe, nothing), 'deny acquire.from');
  });

  it('trial: contained is allowed, what wants more is asked or denied', () => {
    assert.equal(verdict(policy(), proposal(), nothing), 'allow acquire.allow');
    assert.equal(verdict(policy({ allow: 'nothing' }), proposal(), nothing), 'ask acquire.ask');
    const git = proposal({ grants: WANTS_GIT });
    assert.equal(verdict(policy(), git, nothing), 'ask acquire.ask');
    assert.match(judge(policy(), git, nothing).because, /to run git, to read \./);
    assert.equal(verdict(policy({ ask: 'never' }), git, nothing), 'deny acquire.allow');
    const far = proposal({ grants: { ...proposal().grants, hosts: ['api.example.org', '*.example.net'] } });
    assert.equal(verdict(policy(), far, nothing), 'ask acquire.ask');
    assert.match(judge(policy(), far, nothing).because, /to reach api\.example\.org, \*\.example\.net/);
    const offline = compileForbids([{ name: 'offline', because: 'nothing goes out', cedar: 'resource.network' }]);
    assert.equal(verdict(policy({ forbids: offline }), far, nothing), 'deny offline');
    assert.equal(verdict(policy({ forbids: offline }), proposal(), nothing), 'allow acquire.allow');
  });

  it('what it reached for on trial is listed to who is asked, and attempted theft is never let pass unasked', () => {
    const files = [
      { path: '/srv/notes.md', write: false },
      { path: '/srv/out', write: true },
    ];
    const attempts = { files, hosts: ['api.example.org'], programs: ['git'], thefts: [] };
    const asked = judge(policy({ allow: 'nothing' }), installation({ attempts }), nothing);
    assert.match(asked.because, /reads: \/srv\/notes\.md; writes: \/srv\/out; hosts: api\.example\.org; runs: git/);
    assert.equal(verdict(policy(), installation({ attempts }), nothing), 'allow acquire.allow');
    const thief = installation({ attempts: { ...attempts, thefts: ['/home/ann/.ssh/id_ed25519'] } });
    assert.equal(verdict(policy(), thief, nothing), 'ask acquire.ask');
    assert.match(
      judge(policy(), thief, nothing).because,
      /attempted theft: on trial it reached for \/home\/ann\/\.ssh/,
    );
  });

  it('a forbid rule is named, with its reason', () => {
    const judged = judge(policy(), proposal({ arguments: ['code'] }), nothing);
    assert.deepEqual([judged.verdict, judged.rule, judged.forbidden], ['deny', 'no-strangers-code', true]);
    assert.equal(judged.because, 'A file that somebody dropped must never be run.');
  });

  it('install: the evidence must hold', () => {
    const install = (...args: Parameters<typeof installation>) => verdict(policy(), installation(...args), nothing);
    const results = installation().evidence?.results ?? [];
    const answeredSpoiled = results.map((r) => (r.expect === 'error' ? { ...r, error: false } : r));
    assert.equal(install(), 'allow acquire.allow');
    assert.equal(install({ evidence: undefined }), 'deny acquire.evidence');
    assert.equal(install({}, { confinement: 'permission' }), 'deny acquire.confinement');
    assert.equal(install({}, { confinement: 'bubblewrap' }), 'allow acquire.allow');
    assert.equal(install({}, { integrity: undefined }), 'deny acquire.integrity');
    assert.equal(install({}, { results: [] }), 'deny acquire.trial');
    assert.equal(install({}, { results: results.map((r) => ({ ...r, error: true })) }), 'deny acquire.trial');
    assert.equal(install({}, { results: answeredSpoiled }), 'deny acquire.trial');
    const guarded = { call: 'calc-mcp.cron_parse', guard: 'data.text.matches("^[0-9]")' };
    assert.equal(install({ response: guarded }, { results: answeredSpoiled }), 'allow acquire.allow');
  });

  it('install without a response: only what somebody wished for, and only what it is known to offer', () => {
    const tools = [{ name: 'cron_parse', inputSchema: {} }];
    const wished = { response: undefined, type: 'demand.parse-cron', by: 'agent:x' };
    const install = (over: Parameters<typeof installation>[0], evidence: Parameters<typeof installation>[1] = {}) =>
      verdict(policy(), installation(over, { results: [], contract: 'c1', tools, ...evidence }), nothing);
    assert.equal(install(wished), 'allow acquire.allow');
    assert.equal(install({ ...wished, by: undefined }), 'deny acquire.trial');
    assert.equal(install({ ...wished, tool: 'other' }), 'deny acquire.trial');
    assert.equal(install(wished, { contract: undefined }), 'deny acquire.trial');
    assert.equal(install(wished, { confinement: 'none' }), 'deny acquire.confinement');
    assert.equal(install({ ...wished, arguments: ['code'] }), 'deny no-strangers-code');
    assert.equal(install({ ...wished, response: { call: 'calc-mcp.cron_parse' } }), 'deny acquire.trial');
    assert.equal(install({ ...wished, grants: WANTS_GIT }), 'ask acquire.ask');
  });

  it("a person's yes holds for the same terms only, and never against the evidence", () => {
    const yes = said('allow', termsOf(proposal({ grants: WANTS_GIT, only: ['git_log'] })));
    const install = (over: Parameters<typeof installation>[0], evidence = {}) =>
      verdict(policy(), installation({ grants: WANTS_GIT, only: ['git_log'], ...over }, evidence), yes);
    assert.equal(install({}), 'allow acquire.ask');
    assert.equal(install({ only: undefined }), 'ask acquire.ask');
    const push = { tool: 'git_push', response: { call: 'git.git_push' } };
    const shown = [{ tool: 'git_push', arguments: {}, expect: 'answer' as const, error: false, content: null, ms: 1 }];
    assert.equal(install(push, { results: shown }), 'ask acquire.ask');
    assert.equal(install({ grants: { ...WANTS_GIT, network: true } }), 'ask acquire.ask');
    assert.equal(install({ grants: { ...WANTS_GIT, hosts: ['api.example.org'] } }), 'ask acquire.ask');
    assert.equal(install({}, { confinement: 'none' }), 'deny acquire.confinement');
    assert.equal(install({ arguments: ['code'] }), 'deny no-strangers-code');
  });

  it("a person's no holds even where policy would allow by itself", () => {
    assert.equal(verdict(policy(), proposal(), said('deny', termsOf(proposal()))), 'deny acquire.ask');
  });

  it('remove and refuse: only what is consistent with what was decided before', () => {
    const remove = proposal({ stage: 'remove' });
    assert.equal(verdict(policy(), remove, nothing), 'deny acquire.rollback');
    assert.equal(verdict(policy(), remove, { installed: true }), 'allow acquire.rollback');
    const refuse = proposal({ stage: 'refuse' });
    assert.equal(verdict(policy(), refuse, nothing), 'deny acquire.refuse');
    const forbidden = { rule: 'no-strangers-code', because: 'never' };
    assert.equal(verdict(policy(), refuse, { installed: false, forbidden }), 'allow no-strangers-code');
  });

  it('forbid wins, whatever else policy and people say', () => {
    const strange = fc.record({
      allow: fc.constantFrom('contained' as const, 'nothing' as const),
      ask: fc.constantFrom('otherwise' as const, 'never' as const),
      stage: fc.constantFrom('trial' as const, 'install' as const),
      network: fc.boolean(),
      others: fc.array(fc.string(), { maxLength: 3 }),
      bad: fc.constantFrom('code', 'command', 'script'),
    });
    fc.assert(
      fc.property(strange, ({ allow, ask, stage, network, others, bad }) => {
        const grants = { reads: [], writes: [], runs: [], network, hosts: [] };
        const asked = installation({ stage, grants, arguments: [...others, bad] });
        const judged = judge(policy({ allow, ask }), asked, said('allow', termsOf(asked)));
        assert.equal(judged.verdict, 'deny');
        assert.equal(judged.rule, 'no-strangers-code');
      }),
      { numRuns: 60 },
    );
  });
});
