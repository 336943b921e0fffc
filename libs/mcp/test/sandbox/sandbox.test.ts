import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Grants } from '@vsmcp/vsm';
import { absolute } from '../../src/sandbox/paths.js';
import { grants, temporary } from '../support.js';
import { confined, rungs } from './confined.js';

for (const { rung, ok, why } of rungs.filter((each) => each.rung !== 'none')) {
  test(`${rung}: a server has its own folder and nothing else`, { skip: !ok && (why ?? 'not here') }, async (t) => {
    process.env.VSMCP_TEST_SECRET = 'secret';
    t.after(() => delete process.env.VSMCP_TEST_SECRET);
    const { home, folder, attempt } = await confined(t, rung, {}, { DECLARED: 'yes' });
    assert.equal((await attempt('read', { path: join(home, 'secret') })).ok, false);
    assert.equal((await attempt('read', { path: '/proc/self/../../etc/shadow' })).ok, false);
    await attempt('write', { path: join(home, 'outside') });
    assert.equal(existsSync(join(home, 'outside')), false);
    assert.equal((await attempt('write', { path: join(home, 'code/escape.mjs') })).ok, false);
    assert.equal((await attempt('write', { path: join(folder, 'inside') })).ok, true);
    assert.equal(await readFile(join(folder, 'inside'), 'utf8'), 'escaped');
    assert.equal((await attempt('run', { program: 'git' })).ok, false);
    const env: Record<string, string> = JSON.parse((await attempt('environment')).text);
    const known = ['DECLARED', 'HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR', 'TZ'];
    assert.deepEqual(
      Object.keys(env).filter((name) => !known.includes(name)),
      [],
    );
    assert.deepEqual([env.DECLARED, env.HOME], ['yes', folder]);
  });

  test(`${rung}: what was granted, it has`, { skip: !ok && (why ?? 'not here') }, async (t) => {
    const { home, attempt } = await confined(t, rung, { reads: ['secret'], writes: ['desk'], runs: ['git'] });
    assert.deepEqual(await attempt('read', { path: join(home, 'secret') }), { ok: true, text: 'secret' });
    assert.equal((await attempt('write', { path: join(home, 'desk/note') })).ok, true);
    assert.equal(await readFile(join(home, 'desk/note'), 'utf8'), 'escaped');
    assert.match((await attempt('run', { program: 'git' })).text, /^git version/);
    if (rung !== 'permission') assert.equal((await attempt('write', { path: join(home, 'secret') })).ok, false);
  });
}

for (const rung of ['bubblewrap', 'namespace'] as const) {
  const skip = !rungs.find((each) => each.rung === rung)?.ok && 'not here';
  test(`${rung}: neither loopback nor a socket is in reach unless granted`, { skip }, async (t) => {
    const listening = async (to: { port: number; host: string } | { path: string }) => {
      const listener = createServer((socket) => socket.end());
      await new Promise<void>((resolve) => listener.listen(to, resolve));
      t.after(() => listener.close());
      return listener;
    };
    const { port } = (await listening({ port: 0, host: '127.0.0.1' })).address() as { port: number };
    const path = join(await temporary(t), 'socket');
    await listening({ path });
    const { attempt } = await confined(t, rung);
    assert.equal((await attempt('connect', { to: { port, host: '127.0.0.1' } })).ok, false);
    assert.equal((await attempt('connect', { to: { path } })).ok, false);
    const open = await confined(t, rung, { network: true });
    assert.equal((await open.attempt('connect', { to: { port, host: '127.0.0.1' } })).ok, true);
    assert.equal((await open.attempt('connect', { to: { path } })).ok, false);
  });

  test(`${rung}: a program that it may run has what was granted`, { skip }, async (t) => {
    const given = await confined(t, rung, { runs: ['cat'], reads: ['secret'] });
    const shown = await given.attempt('run', { program: 'cat', args: [join(given.home, 'secret')] });
    assert.equal(shown.text, 'secret');
  });
}

test('memory is bounded', async (t) => {
  const best = rungs.find(({ ok }) => ok)?.rung ?? 'none';
  const { server } = await confined(t, best);
  const ended = await server.call('memory', {}, 60_000).then(
    (result) => result.isError,
    () => true,
  );
  assert.equal(ended, true);
});

test("bubblewrap: the fleet's own data is hidden in what may be read", {
  skip: !rungs[0]?.ok && 'not here',
}, async (t) => {
  const { home, dataDir, attempt } = await confined(t, 'bubblewrap', { reads: ['.'] });
  await writeFile(join(dataDir, 'journal'), 'private');
  assert.equal((await attempt('read', { path: join(home, 'secret') })).ok, true);
  assert.equal((await attempt('read', { path: join(dataDir, 'journal') })).ok, false);
});

test('grants and variables that cannot be given are refused', async (t) => {
  const refused = async (given: Partial<Grants>, env: Record<string, string>, message: RegExp) =>
    assert.rejects(confined(t, 'none', given, env), { code: 'VSM_SANDBOX', message });
  await refused({}, { NODE_OPTIONS: '--require x' }, /NODE_OPTIONS is not for a server to declare/);
  await refused({}, { LD_PRELOAD: 'x' }, /LD_PRELOAD/);
  await refused({}, { 'A=B': 'x' }, /is not a name/);
  await refused({ writes: ['.'] }, {}, /the fleet keeps its own data/);
  await refused({ writes: ['data/journal'] }, {}, /the fleet keeps its own data/);
  await refused({ runs: ['no-such-program'] }, {}, /is not on this machine/);
  await refused({ runs: ['/bin/sh'] }, {}, /must be a program's name/);
});

test('only values that name a granted path are made absolute', () => {
  const given = grants({ reads: ['.', '/srv/x'], writes: ['desk/'] });
  const made = (value: string) => absolute(value, given, '/home/fleet');
  assert.equal(made('desk'), '/home/fleet/desk');
  assert.equal(made('desk/memory.jsonl'), '/home/fleet/desk/memory.jsonl');
  assert.equal(made('--root=desk'), '--root=/home/fleet/desk');
  assert.equal(made('.'), '/home/fleet');
  assert.equal(made('/srv/x/y'), '/srv/x/y');
  for (const same of ['stdio', '--stdio', 'deskchair', 'a=desk', '']) assert.equal(made(same), same);
});
