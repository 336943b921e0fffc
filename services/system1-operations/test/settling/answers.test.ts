import assert from 'node:assert/strict';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Service } from '@vsmcp/service';
import { Algedonic, type DataOf } from '@vsmcp/vsm';
import { openFleet } from '../../../../test/support/fleet.js';
import { Answers } from '../../src/settling/answers.js';
import { listen } from '../support/replica.js';

test('an answers folder that cannot be written hurts once, costs no other folder its answer, and is well again', async () => {
  const s1: Service = { system: 's1', start: async () => async () => {} };
  const environment = { senses: [{ folder: 'desk/inbox' }], answers: [{ folder: 'desk/a' }, { folder: 'desk/b' }] };
  const fleet = await openFleet({ services: [s1], config: { environment } });
  try {
    const signals: DataOf<typeof Algedonic>[] = [];
    await listen(fleet.gateway, Algedonic, 'algedonic', '#', (signal) => signals.push(signal));
    const [a, b] = [join(fleet.home, 'desk/a'), join(fleet.home, 'desk/b')];
    await mkdir(join(fleet.home, 'desk'));
    await writeFile(a, 'a file where the folder should be');
    const answers = new Answers(fleet.context(s1));
    const write = async (name: string) => {
      const event = { specversion: '1.0' as const, id: name, source: '/x', type: 'file.md', data: { name } };
      const outcome = { event, unit: 'desk', outcome: 'dead' as const, reason: 'so', instance: 's1-x' };
      await answers.write(event, outcome);
    };
    await write('one.md');
    await write('two.md');
    await mkdir(join(b, 'three.md.answer.md'));
    await write('three.md');
    await rm(a);
    await write('four.md');
    const names = ['four.md.answer.md', 'one.md.answer.md', 'three.md.answer.md', 'two.md.answer.md'];
    assert.deepEqual((await readdir(b)).sort(), names, 'and no drafts');
    assert.deepEqual(await readdir(a), ['four.md.answer.md']);
    await fleet.until(() => signals.length === 4);
    assert.deepEqual(
      signals.map(({ alert, severity }) => [alert, severity]),
      [
        ['answers:desk/a', 'pain'],
        ['answers:desk/b', 'pain'],
        ['answers:desk/a', 'pleasure'],
        ['answers:desk/b', 'pleasure'],
      ],
    );
    assert.match(signals[0]?.what ?? '', /^answers cannot be written to desk\/a: (EEXIST|ENOTDIR)/);
  } finally {
    await fleet.stop();
  }
});

test('an answer is not written through a link that a server put in the place of a folder above', async () => {
  const s1: Service = { system: 's1', start: async () => async () => {} };
  const environment = { senses: [{ folder: 'desk/inbox' }], answers: [{ folder: 'desk/a' }] };
  const fleet = await openFleet({ services: [s1], config: { environment } });
  try {
    const outside = join(fleet.home, 'outside');
    await mkdir(join(outside, 'a'), { recursive: true });
    await symlink(outside, join(fleet.home, 'desk'));
    const event = { specversion: '1.0' as const, id: '1', source: '/x', type: 'file.md', data: { name: 'one.md' } };
    const outcome = { event, unit: 'desk', outcome: 'dead' as const, reason: 'so', instance: 's1-x' };
    await new Answers(fleet.context(s1)).write(event, outcome);
    assert.deepEqual(await readdir(join(outside, 'a')), []);
  } finally {
    await fleet.stop();
  }
});
