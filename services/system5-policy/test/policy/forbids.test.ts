import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileForbids, type Request } from '../../src/policy/forbids.js';
import { NO_STRANGERS_CODE } from '../proposals.js';

const server = (over: Partial<Request['server']['attributes']> = {}): Request['server'] => ({
  id: 'io.github.x/y',
  attributes: {
    name: 'io.github.x/y',
    package: 'y',
    version: '1.0.0',
    registry: 'shipped',
    tool: 'run',
    arguments: ['a'],
    readOnly: false,
    contained: true,
    network: false,
    hosts: [],
    runs: [],
    reads: [],
    writes: [],
    ...over,
  },
});
const acquire = (over: Parameters<typeof server>[0], stage = 'trial'): Request => ({
  principal: { type: 'System', id: 's4' },
  action: 'acquire',
  server: server(over),
  stage,
});
const rule = (cedar: string, name = 'r') => ({ name, because: 'so', cedar });

describe('forbid rules', () => {
  it('the sample forbids arguments that are code, and nothing else', () => {
    const forbids = compileForbids([NO_STRANGERS_CODE]);
    assert.equal(forbids(acquire({ arguments: ['language', 'code'] }))?.name, 'no-strangers-code');
    assert.equal(forbids(acquire({ arguments: ['expression'] })), undefined);
    const operate: Request = {
      principal: { type: 'Person', id: 'ann' },
      action: 'operate',
      server: server({ arguments: ['code'] }),
    };
    assert.equal(forbids(operate), undefined);
  });

  it('the first rule in the config that forbids is named', () => {
    const forbids = compileForbids([rule('resource.network', 'net'), rule('true', 'all'), rule('true', 'more')]);
    assert.equal(forbids(acquire({}))?.name, 'all');
    assert.equal(forbids(acquire({ network: true }))?.name, 'net');
    const far = compileForbids([rule('resource.hosts.contains("*.example.org")', 'far')]);
    assert.deepEqual([far(acquire({ hosts: ['*.example.org'] }))?.name, far(acquire({}))], ['far', undefined]);
    const whole = compileForbids([rule('resource.network && resource.hosts.isEmpty()', 'whole')]);
    assert.equal(whole(acquire({ network: true }))?.name, 'whole');
    assert.equal(whole(acquire({ network: true, hosts: ['a.example'] })), undefined);
  });

  it('a condition may span lines and end in a comment', () => {
    assert.equal(compileForbids([rule('resource.tool == "run"\n// why')])(acquire({}))?.name, 'r');
  });

  it('attributes that are not known yet do not forbid a probe, those that are known do', () => {
    const forbids = compileForbids([rule('!resource.readOnly', 'writes'), rule('resource.package == "evil"', 'evil')]);
    const { tool: _, arguments: __, readOnly: ___, ...known } = server().attributes;
    const probe = (pkg: string): Request => ({
      ...acquire({}, 'probe'),
      server: { id: 'x', attributes: { ...known, package: pkg } },
    });
    assert.equal(forbids(probe('good')), undefined);
    assert.equal(forbids(probe('evil'))?.name, 'evil');
    assert.equal(
      forbids({ ...probe('good'), stage: 'trial' })?.name,
      'writes',
      'a rule that fails later must not let through',
    );
  });

  for (const [what, cedar, says] of [
    ['a syntax error', 'action == ', /rule r: .*unexpected/],
    [
      'an attribute that does not exist',
      'resource.argumnts.contains("x")',
      /rule r: .*argumnts.*did you mean `arguments`/,
    ],
    ['an action that does not exist', 'action == Action::"aquire"', /rule r: .*did you mean/],
    ['an attribute that can be absent, without has', 'resource.mcpNameMatches', /rule r: .*has mcpNameMatches/],
    ['a second policy smuggled in', 'true }; permit(principal, action, resource) when { true', /rule r: .*permit/],
  ] as const)
    it(`${what} is a config error that names the rule`, () => {
      assert.throws(() => compileForbids([rule('true', 'ok'), rule(cedar)]), { code: 'VSM_CONFIG', message: says });
    });

  it('two rules of one name are a config error', () => {
    assert.throws(() => compileForbids([rule('true'), rule('false')]), { code: 'VSM_CONFIG', message: /same name/ });
  });
});
