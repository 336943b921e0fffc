import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VsmError } from '@vsmcp/vsm';
import { group } from '../../src/ledger/group.js';

describe('group commit', () => {
  test('shares statements, within its bound and in order', async () => {
    const batches: number[][] = [];
    const add = group<number, number>({
      statement: 'test',
      most: 3,
      run: async (items) => {
        batches.push([...items]);
        return items.map((n) => n * 2);
      },
    });
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map(add)), [2, 4, 6, 8]);
    assert.deepEqual(batches, [[1, 2, 3], [4]]);
  });

  test('never puts one key into a statement twice', async () => {
    const batches: string[][] = [];
    const add = group<string, string>({
      statement: 'test',
      key: (item) => item.charAt(0),
      most: 10,
      run: async (items) => {
        batches.push([...items]);
        return items;
      },
    });
    await Promise.all(['a1', 'a2', 'b1', 'a3', 'b2'].map(add));
    assert.deepEqual(batches, [['a1', 'b1'], ['a2', 'b2'], ['a3']]);
  });

  test('a poisonous item spoils only itself; an outage rejects all', async () => {
    const fail = (code: string) =>
      new VsmError('VSM_DATABASE', 'no', { cause: Object.assign(new Error('no'), { code }) });
    const add = group<string, string>({
      statement: 'test',
      most: 10,
      run: async (items) => {
        if (items.includes('poison')) throw fail('22P05');
        if (items.includes('outage')) throw fail('ECONNREFUSED');
        return items;
      },
    });
    const settled = await Promise.allSettled(['a', 'poison', 'b'].map(add));
    assert.deepEqual(
      settled.map((s) => s.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    const out = await Promise.allSettled(['a', 'outage'].map(add));
    assert.deepEqual(
      out.map((s) => s.status),
      ['rejected', 'rejected'],
    );
    assert.equal(await add('after'), 'after');
  });

  test('tries again what got no answer', async () => {
    let first = true;
    const add = group<string, string>({
      statement: 'test',
      most: 10,
      run: async (items) => {
        const answers = items.map((item) => (item === 'late' && first ? undefined : item));
        first = false;
        return answers;
      },
    });
    assert.deepEqual(await Promise.all(['a', 'late'].map(add)), ['a', 'late']);
  });
});
