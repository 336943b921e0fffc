import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ServerSpec } from '@vsmcp/vsm';
import { actionOf } from '../../src/capabilities/verdicts.js';
import { NPM, row, verdict } from '../fixtures.js';

const call = { tool: 'cron_parse', arguments: { expression: '* * * * *' }, expect: 'answer' as const };
const written = (...args: Parameters<typeof actionOf>) => {
  const action = actionOf(...args);
  assert.equal(action.do, 'write', JSON.stringify(action));
  return action.do === 'write' ? action.row : row();
};

describe('the deed that follows from a verdict', () => {
  it('is nothing, unless the verdict is allow', () => {
    for (const said of ['deny', 'ask'] as const)
      assert.equal(actionOf(verdict('install', {}, { verdict: said }), [], 1).do, 'nothing');
  });

  it('is for a probe a try without grants and calls, whatever was proposed', () => {
    const action = actionOf(
      verdict('probe', { grants: { network: true, hosts: [], reads: [], writes: [], runs: [] }, calls: [call] }),
      [],
      7,
    );
    assert.ok(action.do === 'try');
    assert.deepEqual([action.command.epoch, action.command.calls, action.command.spec.npm], [7, [], NPM]);
    assert.equal(action.command.grants.network, false);
    assert.equal(action.command.spec.grants.network, false);
  });

  it('is for a trial a try with the grants that were allowed, not with those that the server declares', () => {
    const grants = { network: false, hosts: [], reads: ['.'], writes: [], runs: ['git'] };
    const action = actionOf(verdict('trial', { grants, calls: [call] }), [], 1);
    assert.ok(action.do === 'try');
    assert.deepEqual([action.command.grants, action.command.spec.grants], [grants, grants]);
    assert.deepEqual(action.command.calls, [call]);
  });

  it('is for an installation a wanted row, as it was approved', () => {
    const next = written(verdict('install', { only: ['cron_parse'] }), [], 1);
    assert.deepEqual(next, {
      ...row({ state: 'wanted', only: ['cron_parse'] }),
      spec: { ...row().spec, grants: { network: false, hosts: [], reads: [], writes: [], runs: [] } },
    });
  });

  it('adds a second response to a server that runs, which goes on', () => {
    const second = verdict('install', {
      proposal: 'p2',
      type: 'file.sum',
      response: { call: 'calc-mcp.math' },
      only: ['math'],
    });
    const next = written(second, [row({ only: ['cron_parse'] })], 1);
    assert.deepEqual(Object.keys(next.responses), ['file.cron', 'file.sum']);
    assert.deepEqual([next.only, next.state, next.proposal], [['cron_parse', 'math'], 'ready', 'p2']);
    assert.equal(written(second, [row()], 1).only, undefined, 'all were approved before');
  });

  it('wants a suspended or changed server again that is approved anew', () => {
    assert.equal(written(verdict('install'), [row({ state: 'suspended', contract: 'c0' })], 1).state, 'wanted');
    assert.equal(written(verdict('install'), [row({ contract: 'c0' })], 1).contract, 'c1');
    const newer = row({ spec: ServerSpec.parse({ npm: '@coo-quack/calc-mcp@2.0.0' }) });
    assert.equal(written(verdict('install'), [newer], 1).state, 'wanted');
  });

  it('never installs over another server of that name, nor with grants that were not weighed together', () => {
    const because = (held: ReturnType<typeof row>) => {
      const action = actionOf(verdict('install'), [held], 1);
      return action.do === 'nothing' ? action.because : action.do;
    };
    assert.match(because(row({ origin: 'configured' })), /configured/);
    assert.match(because(row({ spec: ServerSpec.parse({ npm: 'other@1.0.0' }) })), /another server/);
    assert.match(because(row({ spec: ServerSpec.parse({ npm: NPM, grants: { network: true } }) })), /weighed/);
    const far = ServerSpec.parse({ npm: NPM, grants: { hosts: ['api.example.org'] } });
    assert.match(because(row({ spec: far })), /weighed/);
  });

  it('takes a removed response back, and the server with its last one', () => {
    assert.equal(written(verdict('remove'), [row()], 1).state, 'removed');
    const both = row({ responses: { 'file.cron': {}, 'file.sum': {} } });
    const next = written(verdict('remove'), [both], 1);
    assert.deepEqual([next.state, Object.keys(next.responses)], ['ready', ['file.sum']]);
    assert.equal(actionOf(verdict('remove'), [], 1).do, 'nothing');
    assert.equal(actionOf(verdict('remove'), [row({ origin: 'configured' })], 1).do, 'nothing');
  });

  it('settles the waiting events of a refused type, under the name of the rule', () => {
    const said = verdict('refuse', { type: 'file.js' }, { rule: 'no-strangers-code', because: 'never run it' });
    const action = actionOf(said, [], 3);
    assert.ok(action.do === 'settle');
    assert.deepEqual(action.command, {
      epoch: 3,
      how: 'refuse',
      filter: { reason: 'parked', type: 'file.js', limit: 1000 },
      because: 'no-strangers-code: never run it',
    });
  });
});
