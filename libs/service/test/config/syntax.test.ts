import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { VsmError } from '@vsmcp/vsm';
import { loadConfig, parseConfig } from '../../src/index.js';

function problem(text: string): string {
  try {
    parseConfig(text, 'vsmcp.yaml', {});
  } catch (error) {
    assert.ok(error instanceof VsmError && error.code === 'VSM_CONFIG');
    return error.message;
  }
  return 'none';
}

const BOMB = `a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: [${'*b,'.repeat(20)}]\n`;

const broken: [name: string, text: string, says: RegExp][] = [
  ['a tab', 'units:\n\ta: {}\n', /^vsmcp\.yaml:2 Tabs are not allowed as indentation: got 'a: \{\}', expected YAML$/m],
  ['a key twice', 'name: a\nname: b\n', /^vsmcp\.yaml:2 got 'name' a second time, expected each key once$/],
  [
    'a key twice and what is no YAML',
    'units:\n  a: {}\n  a: {}\nname: [\n',
    /^vsmcp\.yaml:3 got 'a' a second time, expected each key once\n/,
  ],
  ['a unit twice', 'units:\n  a: {}\n  b: {}\n  a: {}\n', /^vsmcp\.yaml:4 got 'a' a second time/],
  ['a bracket left open', 'units: { a: {}\nname: b', /^vsmcp\.yaml:\d .*, expected YAML$/m],
  ['a second document', 'name: a\n---\nname: b\n', /^vsmcp\.yaml:\d .*multiple documents/],
  ['a tag', 'purpose: !secret x\n', /^vsmcp\.yaml:1 Unresolved tag: !secret: got 'purpose: !secret x'/],
  ['an alias of nothing', 'purpose: *nope\n', /^vsmcp\.yaml:1 .*nope.*expected aliases \(\*name\) of anchors/],
  ['aliases that unfold without end', BOMB, /^vsmcp\.yaml:1 .*alias/i],
  ['10,000 deep', `units: ${'['.repeat(10_000)}${']'.repeat(10_000)}`, /^vsmcp\.yaml:1 .*deep/],
  [
    '__proto__',
    'units:\n  __proto__: { absorbs: a.b }\n',
    /^vsmcp\.yaml:2 got '__proto__' as a name, expected another$/,
  ],
  [
    'a value that does something to a terminal',
    'purpose: [a]\nname: "\\e[31m"\n',
    /^vsmcp\.yaml:2 name: got '�\[31m'/m,
  ],
];
for (const [name, text, says] of broken) {
  test(`refused with its place: ${name}`, () => {
    const said = problem(text);
    assert.match(said, says);
    assert.doesNotMatch(said.replaceAll('\n', ''), /\p{Cc}/u);
  });
}

test('bytes that are not UTF-8 are refused with the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vsmcp-config-'));
  const file = join(folder, 'vsmcp.yaml');
  await writeFile(file, Buffer.from([0xff, 0xfe, 0x6e]));
  await assert.rejects(loadConfig(file, {}), {
    code: 'VSM_CONFIG',
    message: /vsmcp\.yaml cannot be read: .*not valid UTF-8/,
  });
  await rm(folder, { recursive: true });
});
