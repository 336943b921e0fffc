import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Attempts } from '@vsmcp/vsm';
import { machineOnce } from '../../src/sandbox/machine.js';
import { attemptsOf, refusedText } from '../../src/sandbox/trace.js';
import { until } from '../support.js';
import { confined, rungs } from './confined.js';

const { confiners } = await machineOnce();

for (const rung of ['bubblewrap', 'namespace'] as const) {
  const missing = !rungs.find((each) => each.rung === rung)?.ok || confiners.strace === undefined;
  test(`${rung}: what a server tried is recorded from outside, and thefts are told apart`, {
    skip: missing && 'not here',
  }, async (t) => {
    let seen: Attempts | undefined;
    const record = (attempts: Attempts) => {
      seen = attempts;
    };
    const { home, dataDir, folder, attempt, server } = await confined(t, rung, {}, {}, { record });
    const listener = createServer();
    await new Promise<void>((resolve) => listener.listen(join(home, 'engine.sock'), resolve));
    t.after(() => listener.close());
    await mkdir(join(home, '.ssh'));
    for (const name of ['notes.md', '.ssh/id_ed25519']) await writeFile(join(home, name), 'x');
    await writeFile(join(dataDir, 'journal'), 'x');
    for (const path of [
      join(home, 'notes.md'),
      join(home, '.ssh/id_ed25519'),
      join(dataDir, 'journal'),
      join(home, 'gone'),
    ])
      await attempt('read', { path });
    await attempt('write', { path: join(home, 'new.md') });
    await attempt('write', { path: join(folder, 'own.md') });
    await attempt('run', { program: 'git' });
    await attempt('connect', { to: { path: join(home, 'engine.sock') } });
    await attempt('connect', { to: { host: '127.0.0.1', port: 5672 } });
    await attempt('connect', { to: { host: '192.0.2.7', port: 8443 } });
    await attempt('connect', { to: { host: 'api.weather.example', port: 443 } });
    await server.close();
    await until(() => seen !== undefined);
    assert.deepEqual(seen?.files, [
      { path: join(home, 'notes.md'), write: false },
      { path: join(home, 'new.md'), write: true },
    ]);
    assert.deepEqual(seen?.programs, ['git']);
    // without a network of its own, not even loopback, a name is asked of nobody
    const names = rung === 'bubblewrap' ? ['api.weather.example'] : [];
    assert.deepEqual(seen?.hosts, ['192.0.2.7:8443', ...names]);
    const thefts = [
      join(home, '.ssh/id_ed25519'),
      join(dataDir, 'journal'),
      join(home, 'engine.sock'),
      '127.0.0.1:5672',
    ];
    assert.deepEqual([...(seen?.thefts ?? [])].sort(), thefts.sort());
  });
}

test('what is never offered: keys, tokens, the data folder, sockets, this machine', () => {
  const own = { folders: ['/own', '/code/server'], dataDir: '/data', exists: () => true };
  const file = (path: string, write = false) => ({ kind: 'file' as const, path, write });
  const stolen = [
    '/home/a/.aws/credentials',
    '/home/a/.netrc',
    '/srv/api-token.txt',
    '/etc/shadow',
    '/srv/tls/server.key',
  ];
  const offered = ['/home/a/notes.md', '/srv/tokenizer/model.json'];
  const passed = [
    '/own/x',
    '/code/server/y',
    '/code/package.json',
    '/code',
    '/etc/resolv.conf',
    '/usr/share/zoneinfo/UTC',
    '/proc/self/maps',
  ];
  const found = attemptsOf(
    [
      ...[...stolen, ...offered, ...passed, '/data/work/other/notes'].map((path) => file(path)),
      { kind: 'socket', path: '/var/run/nscd/socket' },
      { kind: 'socket', path: '/var/run/docker.sock' },
      { kind: 'host', host: '127.0.0.1:5672' },
      { kind: 'program', path: '/usr/bin/git' },
    ],
    own,
  );
  assert.deepEqual(
    found.files,
    offered.map((path) => ({ path, write: false })),
  );
  assert.deepEqual(found.thefts, [...stolen, '/data/work/other/notes', '/var/run/docker.sock', '127.0.0.1:5672']);
  assert.deepEqual([found.hosts, found.programs], [[], ['git']]);
  assert.match(refusedText(found), /^it was refused: the program git; to read \/home\/a\/notes\.md;/);
});
