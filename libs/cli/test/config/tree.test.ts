import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { problemText } from '@vsmcp/service';
import { checkTree, everyFleet } from '../../src/config/tree.js';
import { temporaryFolder } from '../folder.js';

type T = Parameters<typeof temporaryFolder>[0];

async function files(t: T, texts: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return folder;
}
const unit = (name: string, file: string) => `units:\n  ${name}: { absorbs: ${name}.#, system: ${file} }\n`;
async function wrong(file: string): Promise<string[]> {
  const checked = await checkTree(file, {});
  return checked.ok ? [] : checked.problems.map((problem) => problemText(problem, problem.file));
}

test('fleets include fleets, each with the path of its place', async (t) => {
  const folder = await files(t, {
    'vsmcp.yaml': `settings: { recursion_depth: 3 }\n${unit('west', './west/west.yaml')}`,
    'west/west.yaml': unit('north', './north.yaml'),
    'west/north.yaml': 'path: vsm.west.north\nname: north',
  });
  const checked = await checkTree(join(folder, 'vsmcp.yaml'), {});
  assert.ok(checked.ok);
  const fleets = [...everyFleet(checked.tree)].map(({ config, home }) => [config.path, home.slice(folder.length)]);
  assert.deepEqual(fleets, [
    ['vsm.west.north', '/west'],
    ['vsm.west', '/west'],
    ['vsm', ''],
  ]);
});

test('a file that includes itself is refused, directly, by way of others, and under another name', async (t) => {
  const folder = await files(t, {
    'self.yaml': unit('me', './self.yaml'),
    'a.yaml': unit('b', './b.yaml'),
    'b.yaml': unit('a', './sub/c.yaml'),
    'sub/c.yaml': unit('a', '../a.yaml'),
  });
  await symlink(join(folder, 'other.yaml'), join(folder, 'alias.yaml'));
  await writeFile(join(folder, 'other.yaml'), unit('me', './alias.yaml'));
  const itself = await wrong(join(folder, 'self.yaml'));
  assert.deepEqual(itself, [
    'self.yaml:2 units.me.system: got ./self.yaml, which is above it (self.yaml → self.yaml), expected another file: a fleet is no unit of itself',
  ]);
  assert.match(
    (await wrong(join(folder, 'a.yaml'))).join(),
    /^c\.yaml:2 units\.a\.system: .*a\.yaml → b\.yaml → c\.yaml → a\.yaml/,
  );
  assert.match((await wrong(join(folder, 'other.yaml'))).join(), /other\.yaml → alias\.yaml/);
});

test('more levels than recursion_depth of the outermost are refused', async (t) => {
  const folder = await files(t, {
    'a.yaml': `settings: { recursion_depth: 2 }\n${unit('b', './b.yaml')}`,
    'b.yaml': `settings: { recursion_depth: 9 }\n${unit('c', './c.yaml')}`,
    'c.yaml': 'name: c',
  });
  assert.deepEqual(await wrong(join(folder, 'a.yaml')), [
    'b.yaml:3 units.c.system: got level 3 (a.yaml → b.yaml → c.yaml), expected at most 2: settings.recursion_depth of a.yaml',
  ]);
});

test('what is wrong in an included file is told with that file', async (t) => {
  const folder = await files(t, {
    'vsmcp.yaml': `units:\n  west: { absorbs: w.#, system: ./west.yaml }\n  gone: { absorbs: g.#, system: ./gone.yaml }\n`,
    'west.yaml': 'path: vsm\nunits: {}',
  });
  assert.deepEqual(await wrong(join(folder, 'vsmcp.yaml')), [
    "west.yaml:1 path: got 'vsm', expected 'vsm.west' or none: it is the path of the fleet above and the name of its unit",
    'vsmcp.yaml:3 units.gone.system: got ./gone.yaml, expected a file that is there',
  ]);
});
