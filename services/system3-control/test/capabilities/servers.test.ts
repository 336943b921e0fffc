import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { grantsOf, sameJson } from '@vsmcp/vsm';
import { configured, observed, reconcile } from '../../src/capabilities/servers.js';
import { report, row, tool } from '../fixtures.js';

const servers = (...names: string[]) =>
  configured(
    FleetConfig.parse({ servers: Object.fromEntries(names.map((n) => [n, { npm: `${n}@1.0.0`, writes: 'desk' }])) })
      .servers,
  );

describe('configured servers', () => {
  it('become wanted rows with their grants', () => {
    const [memory] = servers('memory');
    assert.ok(memory);
    assert.deepEqual([memory.version, memory.state, grantsOf(memory.spec).writes], ['1.0.0', 'wanted', ['desk']]);
  });

  it('are not contained where they run elsewhere, and pinned like any other', () => {
    const url = 'https://mcp.example/mcp';
    const [far] = configured(FleetConfig.parse({ servers: { far: { url } } }).servers);
    assert.ok(far);
    assert.deepEqual([far.spec, grantsOf(far.spec).network], [{ url, headers: {}, parallel: false }, true]);
    const said = report({ server: 'far', proposal: undefined, integrity: undefined, confinement: undefined });
    const next = observed(far, said, false);
    assert.deepEqual([next?.state, next?.contract, next?.confinement], ['ready', 'c1', undefined]);
  });

  it('are a config error that names the server where they have no exact version', () => {
    const config = FleetConfig.parse({ servers: { time: { npm: 'time-mcp' } } });
    assert.throws(() => configured(config.servers), { code: 'VSM_CONFIG', message: /servers\.time\.npm: .*exact/ });
  });

  it('are written when new, changed, failed or removed before; what left the config is removed; what was acquired stays', () => {
    const wanted = servers('memory', 'files');
    const pick = (rows: Parameters<typeof reconcile>[0]) =>
      reconcile(rows, wanted).map((r) => `${r.server} ${r.state}`);
    assert.deepEqual(pick([]), ['memory wanted', 'files wanted']);
    const [memory, files] = wanted.map((want) => ({ ...want, state: 'ready' as const, contract: 'c' }));
    assert.ok(memory && files);
    assert.deepEqual(pick([memory, files, row()]), []);
    const changed = { ...memory, spec: { ...memory.spec, npm: 'memory@0.9.0' } };
    assert.deepEqual(pick([changed, { ...files, state: 'failed' }]), ['memory wanted', 'files wanted']);
    assert.equal(reconcile([changed], wanted)[0]?.contract, undefined, 'another version is seen anew');
    assert.deepEqual(pick([memory, files, { ...files, server: 'old' }]), ['old removed']);
    assert.deepEqual(pick([memory, files, { ...files, server: 'old', state: 'removed' }]), []);
    assert.deepEqual(pick([memory, row({ server: 'files' })]), ['files wanted'], 'a configured name wins');
    assert.deepEqual(
      pick([memory, { ...files, state: 'suspended' }]),
      [],
      'a suspended one is not let go by a restart',
    );
  });
});

describe('a replica’s report on a server', () => {
  it('changes nothing where it is known already', () => {
    assert.equal(observed(row(), report(), false), undefined);
  });

  it('pins what a configured server offers when first seen', () => {
    const [memory] = servers('memory');
    assert.ok(memory);
    const next = observed(memory, report({ server: 'memory', proposal: undefined }), false);
    assert.deepEqual([next?.state, next?.contract, next?.tools.length], ['ready', 'c1', 2]);
  });

  it('suspends one that offers something else than was approved', () => {
    const next = observed(row(), report({ contract: 'c2', tools: [tool('evil')] }), false);
    assert.deepEqual([next?.state, next?.contract, next?.tools.length], ['suspended', 'c1', 2]);
    assert.match(next?.reason ?? '', /not what was approved/);
    assert.equal(observed(row(), report({ contract: 'c2', proposal: 'p0' }), false), undefined, 'not news of this one');
  });

  it('counts where it fails, unless another replica serves', () => {
    const failed = report({ state: 'failed', reason: 'exited', contract: undefined });
    assert.deepEqual(
      [observed(row(), failed, false)?.state, observed(row(), failed, false)?.reason],
      ['failed', 'exited'],
    );
    assert.equal(observed(row(), failed, true), undefined);
    assert.equal(observed(row({ state: 'failed', reason: 'exited' }), report(), false)?.reason, undefined);
  });

  it('keeps all tools in the row where only some are offered', () => {
    const next = observed(row({ only: ['math'], state: 'wanted' }), report({ tools: [tool('math')] }), false);
    assert.deepEqual([next?.state, next?.tools.length], ['ready', 2]);
  });

  it('is passed over for a removed server', () => {
    assert.equal(observed(row({ state: 'removed' }), report(), false), undefined);
    assert.equal(observed(row(), report({ state: 'removed' }), false), undefined);
  });

  it('is equal whatever the order of keys', () => {
    assert.ok(sameJson({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 }));
    assert.ok(!sameJson({ a: 1 }, { a: 2 }));
  });
});
