import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { manualClock } from '@vsmcp/service';
import { playDay, readDay } from '../../src/up/demo.js';

const folder = await mkdtemp(join(tmpdir(), 'vsmcp-day-'));
after(() => rm(folder, { recursive: true }));

async function content(path: string): Promise<string> {
  for (;;) {
    const text = await readFile(join(folder, path), 'utf8').catch(() => '');
    if (text !== '') return text;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a day is played on the clock, below its own folder, and then it is your turn', async () => {
  const file = join(folder, 'day.yaml');
  await writeFile(
    file,
    '- { at: 0s, every: 2s, times: 2, drop: inbox/n-%n.md, text: "Note %n" }\n- { at: 1s, drop: inbox/plain.ok }\n',
  );
  const clock = manualClock(Date.parse('2026-01-01T00:00:00Z'));
  const said: string[] = [];
  const stop = playDay(await readDay(file), clock, (text) => said.push(text));
  await clock.advance(0);
  assert.equal(await content('inbox/n-1.md'), 'Note 1');
  await clock.advance(1000);
  assert.equal(await content('inbox/plain.ok'), 'plain.ok 2026-01-01T00:00:01.000Z\n');
  assert.deepEqual(said, []);
  await clock.advance(1000);
  assert.equal(await content('inbox/n-2.md'), 'Note 2');
  assert.match(said.join('\n'), /^Your turn: drop something in .*inbox$/);
  stop();
});
