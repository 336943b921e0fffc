import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../support/up.js';

const VSMCP = fileURLToPath(new URL('../../libs/cli/bin/vsmcp.js', import.meta.url));
const response = (how: string) => `
servers: { m: { npm: "time-mcp@1.0.6" } }
units:
  a:
    responses:
      x.y: { call: m.tool, ${how} }
`;

/** A wrong vsmcp.yaml, and what `vsmcp up` says: the file, the line, the key, what was got, what was expected. */
const CASES: [what: string, config: string, says: RegExp][] = [
  ['a wrong key', 'unitz: {}\n', /^vsmcp: vsmcp\.yaml:1 unitz: got an unknown key, .*did you mean 'units'\?\n$/],
  ['a wrong type', '\nunits: [a]\n', /^vsmcp: vsmcp\.yaml:2 units: got a list, expected a mapping/],
  ['a wrong duration', 'settings: { drain: soon }\n', /:1 settings\.drain: got 'soon', expected .*500ms, 10s, 5m, 1h/],
  [
    'a package without a version',
    'servers:\n  m: { npm: left-pad@latest }\n',
    /:2 servers\.m\.npm: got 'left-pad@latest', .*time-mcp@1\.0\.6/,
  ],
  [
    'a server that is none',
    response('').replace('m.tool', 'n.tool'),
    /:6 units\.a\.responses\.x\.y\.call: got server 'n', expected .*m/,
  ],
  [
    'a tie',
    'units:\n  a: { absorbs: x.* }\n  b: { absorbs: x.* }\n',
    /:3 units\.b\.absorbs: got 'x\.\*', which unit 'a' has too/,
  ],
  [
    'a guard that is no CEL',
    response('guard: "data.n >"'),
    /:6 units\.a\.responses\.x\.y: data\.n >: .*expected a CEL expression/,
  ],
  [
    'an argument that is no CEL',
    response('with: { a: "=data." }'),
    /:6 units\.a\.responses\.x\.y: data\.: .*expected a CEL expression/,
  ],
  [
    'claims that are no CEL',
    response('claims: "=1 +"'),
    /:6 units\.a\.responses\.x\.y: 1 \+: .*expected a CEL expression/,
  ],
  [
    'a rule that is no Cedar',
    'policy:\n  forbid:\n    - { name: r, because: so, cedar: "action ==" }\n',
    /:3 policy\.forbid\.0\.cedar: .*rule r: .*cedar must be one condition/,
  ],
  ['a day that is not there', 'demo: nope.yaml\n', /^vsmcp: demo: .*nope\.yaml cannot be read: ENOENT.*--no-demo\n$/],
];

describe('a wrong vsmcp.yaml', () => {
  for (const [what, config, says] of CASES) {
    it(`${what}: said once, with its place; nothing is started`, { timeout: 60_000 }, async (t) => {
      const home = await mkdtemp(join(tmpdir(), 'vsmcp-config-'));
      t.after(() => rm(home, { recursive: true }));
      await writeFile(join(home, 'vsmcp.yaml'), config);
      const ended = await run(process.execPath, [VSMCP, 'up'], home);
      assert.equal(ended.code, 1, ended.stderr);
      assert.match(ended.stderr, says);
      assert.doesNotMatch(ended.stderr, /\n\s+at /, 'no stack');
      assert.equal(ended.stdout, '');
      assert.deepEqual(await readdir(home), ['vsmcp.yaml']);
    });
  }
});
