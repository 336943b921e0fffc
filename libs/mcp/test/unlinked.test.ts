import assert from 'node:assert/strict';
import { link, mkdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { openUnlinked } from '../src/unlinked.js';
import { temporary } from './support.js';

test('a link in any part is not followed, and what is open stays what it is', async (t) => {
  const home = await temporary(t);
  await mkdir(join(home, 'a/b/c'), { recursive: true });
  await mkdir(join(home, 'other/b/c'), { recursive: true });
  await writeFile(join(home, 'other/b/c/file'), 'other');
  await writeFile(join(home, 'a/b/c/file'), 'own');
  const opened = await openUnlinked(home, 'a/b/c');
  await rename(join(home, 'a'), join(home, 'before'));
  await symlink('other', join(home, 'a'));
  assert.equal(await readFile(join(opened.path, 'file'), 'utf8'), 'own');
  await opened.close();
  for (const make of [false, true])
    await assert.rejects(openUnlinked(home, 'a/b/c', make), {
      code: 'VSM_SANDBOX',
      message: /a is a link or no folder/,
    });
  await assert.rejects(openUnlinked('/', join(home, 'a/b/c')), { code: 'VSM_SANDBOX' });
});

test('the home itself may be a link, missing folders are made, and only plain files with one name are opened', async (t) => {
  const place = await temporary(t);
  await mkdir(join(place, 'real'));
  await symlink('real', join(place, 'home'));
  await assert.rejects(openUnlinked(join(place, 'home'), 'x/y'), { code: 'ENOENT' });
  const opened = await openUnlinked(join(place, 'home'), join(place, 'home/x/y'), true);
  t.after(() => opened.close());
  await writeFile(join(place, 'real/x/y/file'), 'text');
  const file = await opened.file('file');
  assert.equal(await file.readFile('utf8'), 'text');
  await file.close();
  await symlink('file', join(place, 'real/x/y/link'));
  await assert.rejects(opened.file('link'), { code: 'ELOOP' });
  await link(join(place, 'real/x/y/file'), join(place, 'real/x/y/again'));
  await assert.rejects(opened.file('file'), { code: 'VSM_SANDBOX', message: /other names/ });
  await mkdir(join(place, 'real/x/y/folder'));
  await assert.rejects(opened.file('folder'), { code: 'VSM_SANDBOX', message: /no plain file/ });
});
