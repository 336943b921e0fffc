import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../../test/support/until.js';
import { openGit } from '../../src/senses/git.js';
import { openHost } from '../../src/senses/host.js';
import { ear } from './ear.js';

test('this machine: load, memory and disk', async () => {
  const { home, heard, around } = await ear();
  const close = openHost(100, around);
  await until(() => heard.length >= 6);
  await close();
  assert.deepEqual([...new Set(heard.map(({ type }) => type))].sort(), ['host.disk', 'host.load', 'host.memory']);
  for (const { data } of heard) assert.ok(Number(data.used) >= 0 && Number(data.of) >= Number(data.used) * 0.001);
  assert.equal(new Set(heard.map(({ id }) => id)).size, heard.length);
  await rm(home, { recursive: true });
});

test('a repository: HEAD at start and each new one', async () => {
  const { home, heard, around } = await ear();
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', home, '-c', 'user.name=A Person', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
    }).trim();
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'feat: one');
  const close = openGit('.', around);
  await until(() => heard.length === 1);
  const repo = realpathSync(home);
  assert.deepEqual(heard[0]?.data, { repo, sha: git('rev-parse', 'HEAD'), author: 'A Person', subject: 'feat: one' });
  git('commit', '-q', '--allow-empty', '-m', 'feat: two');
  await until(() => heard.length === 2);
  assert.equal(heard[1]?.data.subject, 'feat: two');
  await close();
  await rm(home, { recursive: true });
});

test('what a repository is configured to run is not run, wherever it is asked', async () => {
  const { home, heard, around } = await ear();
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', home, '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
    });
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'one');
  const ran = join(home, 'ran');
  const program = join(home, 'program');
  await writeFile(program, `#!/bin/sh\necho "$0 $*" >> ${ran}\n`, { mode: 0o755 });
  for (const [name, value] of [
    ['core.fsmonitor', program],
    ['core.hooksPath', home],
    ['core.pager', program],
    ['core.sshCommand', program],
    ['log.showSignature', 'true'],
    ['gpg.program', program],
    ['diff.external', program],
    ['filter.x.clean', program],
    ['format.pretty', 'format:%B of the configuration'],
  ])
    git('config', name ?? '', value ?? '');
  const close = openGit('.', around);
  await until(() => heard.length === 1);
  await close();
  assert.equal(heard[0]?.data.subject, 'one');
  assert.equal(existsSync(ran), false);
  await rm(home, { recursive: true });
});

test('packed references, a folder below, and objects that were replaced by a link', async () => {
  const { home, heard, troubles, around } = await ear();
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', home, '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
      encoding: 'utf8',
    });
  git('init', '-q');
  git('commit', '-q', '--allow-empty', '-m', 'one');
  git('gc', '-q');
  git('pack-refs', '--all');
  await mkdir(join(home, 'below'));
  const close = openGit('below', around);
  await until(() => heard.length === 1);
  await close();
  assert.deepEqual([heard[0]?.data.subject, heard[0]?.data.repo], ['one', realpathSync(home)]);
  await rename(join(home, '.git/objects'), join(home, 'elsewhere'));
  await symlink(join(home, 'elsewhere'), join(home, '.git/objects'));
  const closeAgain = openGit('below', around);
  await until(() => troubles.length > 0);
  await closeAgain();
  assert.equal(heard.length, 1);
  await rm(home, { recursive: true });
});

test('a folder that is no repository is said so, and nothing else happens', async () => {
  const { home, heard, troubles, around } = await ear();
  const close = openGit('.', around);
  await until(() => troubles.length > 0);
  await close();
  assert.match(troubles[0] ?? '', /is it a git repository/);
  assert.deepEqual(heard, []);
  await rm(home, { recursive: true });
});
