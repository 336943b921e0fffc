import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { glob, nameRefusal } from '../../src/policy/names.js';
import { proposal } from '../proposals.js';

const { candidate } = proposal();
const open = { from: ['io.github.*/*'], deny: [], allowed: [] };

describe('names', () => {
  it('a star stays within its segment, and dots are dots', () => {
    assert.ok(glob('io.github.*/*', 'io.github.owner/server'));
    assert.ok(!glob('io.github.*/*', 'io.github.owner/a/b'));
    assert.ok(!glob('io.github.*/*', 'ioxgithub.owner/server'));
    assert.ok(!glob('io.github.*', 'io.github.owner/server'));
  });

  it('an empty list admits nobody', () => {
    assert.equal(nameRefusal({ ...open, from: [] }, candidate)?.rule, 'acquire.from');
    assert.equal(nameRefusal(open, candidate), undefined);
  });

  it('the deny list wins, by name or by package', () => {
    assert.equal(nameRefusal({ ...open, deny: ['io.github.coo-quack/*'] }, candidate)?.rule, 'acquire.deny');
    assert.equal(nameRefusal({ ...open, deny: ['@coo-quack/*'] }, candidate)?.rule, 'acquire.deny');
  });

  it('settings.allowed_mcp_servers narrows further', () => {
    assert.equal(nameRefusal({ ...open, allowed: ['other'] }, candidate)?.rule, 'allowed_mcp_servers');
    assert.equal(nameRefusal({ ...open, allowed: ['@coo-quack/calc-mcp'] }, candidate), undefined);
  });
});
