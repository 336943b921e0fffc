import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Replicas } from '../../src/capabilities/replicas.js';
import { report } from '../fixtures.js';

describe('replicas', () => {
  it('a server is ready elsewhere while another living replica says so', () => {
    const replicas = new Replicas();
    replicas.says(report({ instance: 'i1' }), 0);
    assert.ok(replicas.readyElsewhere('calc-mcp', 'i2'));
    assert.ok(!replicas.readyElsewhere('calc-mcp', 'i1'));
    replicas.says(report({ instance: 'i1', state: 'failed' }), 1);
    assert.ok(!replicas.readyElsewhere('calc-mcp', 'i2'));
    replicas.says(report({ instance: 'i1' }), 2);
    replicas.seen('i2', 5000);
    assert.ok(replicas.readyElsewhere('calc-mcp', 'i2'));
    replicas.seen('i2', 7000);
    assert.ok(!replicas.readyElsewhere('calc-mcp', 'i2'), 'i1 was not heard of for 7 s');
  });

  it('one whose heart beats slower counts for longer', () => {
    const replicas = new Replicas();
    replicas.seen('i1', 0, 60_000);
    replicas.says(report({ instance: 'i1' }), 0);
    replicas.seen('i2', 179_000);
    assert.ok(replicas.readyElsewhere('calc-mcp', 'i2'));
    replicas.seen('i2', 181_000);
    assert.ok(!replicas.readyElsewhere('calc-mcp', 'i2'));
  });
});
