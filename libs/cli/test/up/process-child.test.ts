import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realClock } from '@vsmcp/service';
import { processChild } from '../../src/up/process-child.js';
import { Supervisor } from '../../src/up/supervisor.js';

const folder = await mkdtemp(join(tmpdir(), 'vsmcp-children-'));
after(() => rm(folder, { recursive: true }));
const policy = { most: 2, within: 30_000, first: 10, longest: 20 };

const child = (fixture: string) =>
  processChild({
    name: fixture,
    file: fileURLToPath(new URL(`../fixtures/${fixture}.mjs`, import.meta.url)),
    cwd: folder,
    env: { ...process.env, VSMCP_NODE_NAME: 'node-7' },
    log: join(folder, `${fixture}.log`),
  });

async function logged(fixture: string, text: string): Promise<void> {
  for (;;) {
    const log = await readFile(join(folder, `${fixture}.log`), 'utf8').catch(() => '');
    if (log.includes(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a process that keeps crashing is started again, then given up with its last words', async () => {
  const said: string[] = [];
  const supervisor = new Supervisor([child('crashes')], { clock: realClock, say: (text) => said.push(text), policy });
  const alive = setInterval(() => {}, 1000); // the clock's timers do not keep a process running
  await supervisor.start();
  const reason = await supervisor.gaveUp;
  clearInterval(alive);
  assert.equal(said.length, 2);
  assert.match(reason, /^crashes failed 3 times within 30 s and is given up: exit code 3/);
  assert.match(reason, /the disk is on fire/);
});

test('a process is stopped in order', async () => {
  const said: string[] = [];
  const supervisor = new Supervisor([child('stays')], { clock: realClock, say: (text) => said.push(text), policy });
  await supervisor.start();
  await logged('stays', 'here with node-7');
  await supervisor.stop(10_000);
  await logged('stays', 'stopped in order');
  assert.deepEqual(said, []);
});

test('a process ends when its supervisor is killed', async () => {
  const starter = `
    import { processChild } from ${JSON.stringify(new URL('../../src/up/process-child.ts', import.meta.url).href)};
    const options = JSON.parse(process.argv[1]);
    const running = await processChild(options).start(new AbortController().signal);`;
  const options = {
    name: 'orphan',
    file: fileURLToPath(new URL('../fixtures/stays.mjs', import.meta.url)),
    cwd: folder,
    env: process.env,
    log: join(folder, 'orphan.log'),
  };
  const supervisor = spawn(
    process.execPath,
    ['--import', 'tsx', '-C', 'source', '--input-type=module', '-e', starter, JSON.stringify(options)],
    { stdio: 'inherit' },
  );
  await logged('orphan', 'here with');
  supervisor.kill('SIGKILL');
  await logged('orphan', 'stopped in order');
});
