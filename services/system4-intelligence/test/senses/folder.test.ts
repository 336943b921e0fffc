import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, link, mkdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { until } from '../../../../test/support/until.js';
import { openFolder } from '../../src/senses/folder.js';
import { ear } from './ear.js';

const sha = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const INBOX = { folder: 'desk/inbox', as: 'file' };

test('files become events: those that are there, those that come, and those that are written anew', async () => {
  const { home, heard, around } = await ear();
  const inbox = join(home, 'desk/inbox');
  await mkdir(inbox, { recursive: true });
  await writeFile(join(inbox, 'first.MD'), 'Note 1');
  const close = await openFolder(INBOX, around);
  await until(() => heard.length === 1);
  assert.deepEqual(heard[0]?.data, { name: 'first.MD', path: 'inbox/first.MD', sha: sha('Note 1'), text: 'Note 1' });
  assert.equal(heard[0]?.type, 'file.md');
  assert.equal(heard[0]?.source, '/senses/folder/desk/inbox');
  await writeFile(join(inbox, 'backup.ok'), '');
  await until(() => heard.length === 2);
  await utimes(join(inbox, 'backup.ok'), new Date(), new Date(Date.now() + 5000));
  await until(() => heard.length === 3);
  assert.notEqual(heard[1]?.id, heard[2]?.id, 'a repeated backup.ok counts again');
  await close();

  const again = await ear();
  const closeAgain = await openFolder(INBOX, { ...again.around, home });
  await until(() => again.heard.length === 2);
  await closeAgain();
  const ids = new Set(heard.map(({ id }) => id));
  assert.ok(
    again.heard.every(({ id }) => ids.has(id)),
    'after a restart the same files have the same ids',
  );
  await rm(home, { recursive: true });
});

test('a file whose name is not UTF-8 is passed over, and said so', async () => {
  const { home, heard, troubles, around } = await ear();
  await mkdir(join(home, 'desk/inbox'), { recursive: true });
  await writeFile(
    Buffer.concat([Buffer.from(join(home, 'desk/inbox/b')), Buffer.from([0xff]), Buffer.from('.md')]),
    'x',
  );
  await writeFile(join(home, 'desk/inbox/c.md'), 'x');
  const close = await openFolder(INBOX, around);
  await until(() => heard.length === 1 && troubles.length > 0);
  await close();
  assert.equal(heard[0]?.data.name, 'c.md');
  assert.match(troubles.join(), /desk\/inbox\/b\uFFFD\.md is passed over: its name is not UTF-8; rename it/);
  await rm(home, { recursive: true });
});

test('bytes, odd names, links, hidden and temporary files', async () => {
  const { home, heard, troubles, around } = await ear();
  const inbox = join(home, 'desk/inbox');
  await mkdir(join(inbox, 'folder.md'), { recursive: true });
  await writeFile(join(home, 'secret.md'), 'secret');
  await symlink(join(home, 'secret.md'), join(inbox, 'link.md'));
  for (const name of ['.hidden.md', 'draft.md~', 'half.part', 'x.tmp']) await writeFile(join(inbox, name), 'x');
  await writeFile(join(inbox, 'bytes.bin'), Buffer.from([0xff, 0xfe, 0x00]));
  await writeFile(join(inbox, 'long.txt'), 'x'.repeat(262_145));
  await writeFile(join(inbox, 'README'), 'x');
  await writeFile(join(inbox, 'weird name.Ω #?'), 'x');
  const close = await openFolder(INBOX, around);
  await until(() => heard.length === 4);
  await close();
  const types = Object.fromEntries(heard.map(({ type, data }) => [String(data.name), type]));
  assert.deepEqual(types, {
    README: 'file.bare',
    'bytes.bin': 'file.bin',
    'long.txt': 'file.txt',
    'weird name.Ω #?': 'file.-',
  });
  assert.deepEqual(heard.find(({ type }) => type === 'file.bin')?.data.bytes, 3);
  assert.deepEqual(heard.find(({ type }) => type === 'file.txt')?.data.text, undefined);
  assert.deepEqual(troubles, []);
  await rm(home, { recursive: true });
});

test('a file that grows is told once it has stopped; what could not be said is said again', async () => {
  const { home, heard, troubles, around } = await ear();
  const file = join(home, 'desk/inbox/slow.log');
  let refuse = true;
  const tell: typeof around.tell = async (sensed) => {
    if (refuse) throw new Error('the broker is away');
    heard.push(sensed);
  };
  const close = await openFolder(INBOX, { ...around, tell });
  await writeFile(file, 'one ');
  await until(() => troubles.length > 0);
  await appendFile(file, 'two');
  refuse = false;
  await until(() => heard.some(({ data }) => data.text === 'one two'));
  await close();
  assert.ok(heard.length <= 2);
  await rm(home, { recursive: true });
});

test('a folder watched for order: stale files and kept ones that vanish, each time', async () => {
  const { home, heard, around } = await ear();
  const board = join(home, 'desk/board');
  const sense = { folder: 'desk/board', as: 'notice', stale: 100, keep: ['welcome.md'] };
  const close = await openFolder(sense, around);
  await writeFile(join(board, 'welcome.md'), 'Welcome');
  await until(() => heard.length === 1);
  assert.equal(heard[0]?.type, 'notice.stale');
  assert.deepEqual(heard[0]?.data, { name: 'welcome.md', path: 'board/welcome.md' });
  await rename(join(board, 'welcome.md'), join(home, 'desk/welcome.md'));
  await until(() => heard.length === 2);
  assert.equal(heard[1]?.type, 'notice.missing');
  await rename(join(home, 'desk/welcome.md'), join(board, 'welcome.md'));
  await until(() => heard.length === 3);
  assert.equal(heard[2]?.type, 'notice.stale');
  assert.notEqual(heard[2]?.id, heard[0]?.id, 'being put there again starts its time again');
  await close();

  await rm(join(board, 'welcome.md'));
  const closeAgain = await openFolder(sense, { ...around, epoch: 2 });
  await until(() => heard.length === 4);
  assert.equal(heard[3]?.type, 'notice.missing', 'it vanished while nobody looked');
  await closeAgain();
  await rm(home, { recursive: true });
});

test('a folder above that became a link is not followed, and files with other names are passed over', async () => {
  const { home, heard, troubles, around } = await ear();
  await mkdir(join(home, 'desk/inbox'), { recursive: true });
  await mkdir(join(home, 'private/inbox'), { recursive: true });
  await writeFile(join(home, 'private/inbox/secret.txt'), 'private');
  await link(join(home, 'private/inbox/secret.txt'), join(home, 'desk/inbox/known.txt'));
  const close = await openFolder({ folder: 'desk/inbox', as: 'file' }, around);
  await until(() => troubles.some((text) => /known\.txt is passed over: it has other names/.test(text)));
  await rename(join(home, 'desk'), join(home, 'before'));
  await symlink(join(home, 'private'), join(home, 'desk'));
  await until(() => troubles.includes('this sense cannot look'));
  await close();
  assert.deepEqual(heard, []);
  await assert.rejects(openFolder({ folder: 'desk/inbox', as: 'file' }, around), { code: 'VSM_SANDBOX' });
  await rm(home, { recursive: true });
});
