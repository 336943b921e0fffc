import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkAll } from '../../src/config/check.js';
import { askBeginning } from '../../src/init/ask.js';
import { BEGINNING, beginningYaml, WRONG } from '../../src/init/template.js';
import { temporaryFolder } from '../folder.js';
import { vsmcp } from '../vsmcp.js';

test('whatever is answered, the file is right and says it', () => {
  const folder = fc.string().filter((text) => WRONG.folder(text) === undefined && text.trim() !== '');
  const purpose = fc.string().filter((text) => WRONG.purpose(text) === undefined);
  fc.assert(
    fc.property(purpose, folder, (why, where) => {
      const checked = checkAll(beginningYaml({ name: 'x', purpose: why, folder: where }), {});
      assert.ok(checked.ok, JSON.stringify(checked));
      assert.equal(checked.config.purpose, why);
    }),
    { numRuns: 100 },
  );
});

test('asks for what was not given, again when the answer is wrong, and takes defaults', async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  input.end('Bad Name\ngood\n\n../elsewhere\norders\n');
  assert.deepEqual(await askBeginning({}, BEGINNING, { input, output }), {
    name: 'good',
    purpose: BEGINNING.purpose,
    folder: 'orders',
  });
  const text = String(output.read());
  assert.match(text, /got 'Bad Name', expected a name/);
  assert.match(text, /got '\.\.\/elsewhere', expected a folder below/);
  const some = new PassThrough();
  some.end('desk\n');
  const given = { name: 'given', purpose: 'given' };
  assert.equal((await askBeginning(given, BEGINNING, { input: some, output: new PassThrough() })).name, 'given');
});

test('input that ends before all is answered writes nothing', async () => {
  const input = new PassThrough();
  input.end('good\n');
  await assert.rejects(
    askBeginning({}, BEGINNING, { input, output: new PassThrough() }),
    /not answered: nothing is written/,
  );
});

test('never overwrites without --force, and does not ask where there is no terminal', async (t) => {
  const folder = await temporaryFolder(t);
  const env = { VSMCP_CONFIG: '' };
  const file = join(folder, 'vsmcp.yaml');
  const asks = await vsmcp(['init'], env, folder);
  assert.match(asks.err, /no terminal to ask on.*--yes/);
  assert.equal(asks.code, 64);
  await writeFile(file, 'name: mine\n');
  const refused = await vsmcp(['init', '--yes'], env, folder);
  assert.match(refused.err, /is there already, and stays as it is: `.*vsmcp up` runs it, --force/);
  assert.equal(refused.code, 1);
  assert.equal(await readFile(file, 'utf8'), 'name: mine\n');
  const forced = await vsmcp(['init', '--yes', '--force', '--name', 'orders'], env, folder);
  assert.match(forced.out, /^wrote vsmcp\.yaml\n/);
  assert.match(await readFile(file, 'utf8'), /^name: orders$/m);
  const wrong = await vsmcp(['init', 'other.yaml', '--yes', '--name', 'Not A Name'], env, folder);
  assert.match(wrong.err, /--name: got 'Not A Name'/);
  assert.equal(wrong.code, 64);
});
