import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openLog } from '../src/index.js';

test('a log on a full disk ends nobody', { skip: !existsSync('/dev/full') && 'no /dev/full here' }, async () => {
  const log = openLog('info', {}, '/dev/full');
  for (let n = 0; n < 3000; n++) log.warn({ large: 'x'.repeat(1000) }, 'a line');
  await new Promise((resolve) => setImmediate(resolve));
});

test('a log file: its folder is made, lines are JSON, fields first', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-log-'));
  const file = join(folder, 'logs', 'x.log');
  openLog('info', { system: 's1' }, file).warn({ n: 1 }, 'said');
  const line: Record<string, unknown> = JSON.parse(await readFile(file, 'utf8'));
  assert.deepEqual([line.level, line.system, line.n, line.msg], ['warn', 's1', 1, 'said']);
  await rm(folder, { recursive: true });
});
