import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { VsmError } from '@vsmcp/vsm';
import fc from 'fast-check';
import { configJsonSchemaText } from '../../src/config/json-schema.js';
import { Settings } from '../../src/config/schema.js';
import { loadConfig, parseConfig } from '../../src/index.js';

function problems(text: string, env: Record<string, string> = {}): string[] {
  try {
    parseConfig(text, 'vsmcp.yaml', env);
  } catch (error) {
    assert.ok(error instanceof VsmError && error.code === 'VSM_CONFIG');
    return error.message.split('\n');
  }
  return [];
}

describe('vsmcp.yaml', () => {
  test('an empty one is a fleet with defaults', () => {
    const config = parseConfig('', 'vsmcp.yaml', {});
    assert.equal(config.path, 'vsm');
    assert.equal(config.settings.variety_threshold, 0.8);
    assert.equal(config.policy.acquire.allow, 'nothing');
  });

  test('reads units, servers and durations', () => {
    const config = parseConfig(
      `
name: front-desk
servers:
  memory: { npm: "@modelcontextprotocol/server-memory@2026.8.31", writes: desk }
units:
  desk:
    absorbs: file.#
    silence: { file.ok: 10s }
    responses:
      file.md: { call: memory.create_entities, with: { name: =data.name } }
      git.commit: wanted
`,
      'vsmcp.yaml',
      {},
    );
    assert.deepEqual(config.servers.memory?.writes, ['desk']);
    assert.deepEqual(config.units.desk?.absorbs, ['file.#']);
    assert.deepEqual(config.units.desk?.silence, { 'file.ok': 10_000 });
  });

  test('what is inconsistent is told beside what the schema refuses', () => {
    assert.deepEqual(
      problems(`purposes: x
servers:
  memory: { npm: "time-mcp@latest" }
units:
  desk: { responses: { file.md: { call: memry.create } } }
`).map((problem) => problem.slice(0, 60)),
      [
        'vsmcp.yaml:1 purposes: got an unknown key, expected one that',
        "vsmcp.yaml:3 servers.memory.npm: got 'time-mcp@latest', expe",
        "vsmcp.yaml:5 units.desk.responses.file.md.call: got server '",
      ].map((problem) => problem.slice(0, 60)),
    );
  });

  test('a unit that needs what is not there, or more than there is, is refused', () => {
    const text = (needs: string) => `pool: { counted: { seats: 2 } }\nunits: { desk: { needs: ${needs} } }\n`;
    assert.deepEqual(problems(text('{ seats: 2 }')), []);
    assert.match(
      problems(text('{ seats: 3 }')).join(),
      /units\.desk\.needs\.seats: got 3 of 'seats', expected at most 2/,
    );
    assert.match(problems(text('{ chairs: 1 }')).join(), /got 1 of 'chairs', expected one of pool\.counted \(seats\)/);
  });

  test('every problem is told with its line, what was got and what was expected', () => {
    const found = problems(`name: front-desk
purposes: x
environment:
  senses:
    - folder: inbox
      stael: 4s
    - host: 2 seconds
units:
  desk:
    responses:
      file.md:
        call: memory.create
        wiht: {}
      file.x: noteed
  other:
    weight: -1
  Bad Name: {}
policy:
  acquire: { allow: everything }
  forbid: [{ name: a, cedar: b }]
`);
    assert.deepEqual(found, [
      "vsmcp.yaml:2 purposes: got an unknown key, expected one that exists; did you mean 'purpose'?",
      "vsmcp.yaml:6 environment.senses.0.stael: got an unknown key, expected one that exists; did you mean 'stale'?",
      "vsmcp.yaml:7 environment.senses.1.host: got '2 seconds', expected a duration such as 500ms, 10s, 5m, 1h",
      "vsmcp.yaml:13 units.desk.responses.file.md.wiht: got an unknown key, expected one that exists; did you mean 'with'?",
      "vsmcp.yaml:14 units.desk.responses.file.x: got 'noteed', expected 'noted' or 'wanted' or a mapping (key: value)",
      'vsmcp.yaml:16 units.other.weight: got -1, expected more than 0',
      "vsmcp.yaml:17 units.Bad Name: got 'Bad Name' as a name, expected a name of a-z 0-9 _ -, at most 64 long",
      "vsmcp.yaml:19 policy.acquire.allow: got 'everything', expected 'contained' or 'nothing'",
      'vsmcp.yaml:20 policy.forbid.0.because: missing, expected a string',
    ]);
  });

  test('names that lead nowhere, ties and inexact versions are problems', () => {
    const found = problems(`servers:
  memory: { npm: server-memory }
units:
  desk:
    absorbs: file.#
    responses:
      file.md: { call: memry.create, then: [{ call: files.write }] }
  other:
    absorbs: [file.*, file.#]
    responses: { file.md: noted }
`);
    assert.deepEqual(found, [
      "vsmcp.yaml:2 servers.memory.npm: got 'server-memory', expected package@exact.version, such as time-mcp@1.0.6",
      "vsmcp.yaml:7 units.desk.responses.file.md.call: got server 'memry', expected one of the servers memory (did you mean 'memory'?)",
      "vsmcp.yaml:7 units.desk.responses.file.md.then.0.call: got server 'files', expected one of the servers memory",
      "vsmcp.yaml:9 units.other.absorbs: got 'file.#', which unit 'desk' has too, expected a pattern that one unit alone has, or a more specific one",
      "vsmcp.yaml:10 units.other.responses.file.md: got 'file.md', which unit 'desk' has too, expected a pattern that one unit alone has, or a more specific one",
    ]);
  });

  test('what is no YAML, or no mapping, is told too', () => {
    assert.match(problems('name: a\nname: b')[0] ?? '', /^vsmcp.yaml:2 got 'name' a second time/);
    assert.match(problems('name: [a')[0] ?? '', /^vsmcp.yaml:1 /);
    assert.deepEqual(problems('- a'), ['vsmcp.yaml:1 the file: got a list, expected a mapping (key: value)']);
  });

  test('a file that is not there', async () => {
    await assert.rejects(loadConfig('/nowhere/vsmcp.yaml', {}), /vsmcp.yaml cannot be read.*VSMCP_CONFIG/);
  });

  test('never ends in anything but VSM_CONFIG', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('units', 'servers', 'environment', 'policy', 'settings', 'pain'),
        (value, key) => {
          problems(JSON.stringify(value));
          problems(JSON.stringify({ [key]: value }));
          problems(JSON.stringify({ [key]: { a: value } }));
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('settings by environment', () => {
  test('override the file; a list is written with commas', () => {
    const env = {
      VSMCP_VARIETY_THRESHOLD: '0.9',
      VSMCP_DRAIN: '9s',
      VSMCP_COORDINATION_TIMEOUT: '1500',
      VSMCP_ALLOWED_MCP_SERVERS: 'io.github.a/*, io.github.b/*',
      VSMCP_ENABLE_AUDIT_LOG: 'false',
      VSMCP_RECURSION_DEPTH: '',
    };
    const { settings } = parseConfig('settings: { drain: 1s, variety_threshold: 0.5 }', 'vsmcp.yaml', env);
    assert.equal(settings.variety_threshold, 0.9);
    assert.equal(settings.drain, 9000);
    assert.equal(settings.coordination_timeout, 1500);
    assert.deepEqual(settings.allowed_mcp_servers, ['io.github.a/*', 'io.github.b/*']);
    assert.equal(settings.enable_audit_log, false);
    assert.equal(settings.recursion_depth, 3);
  });

  test('every one of them can be set, and is named when it is wrong', () => {
    const bad = Object.fromEntries(
      Object.keys(Settings.shape)
        .filter((name) => name !== 'allowed_mcp_servers')
        .map((name) => [`VSMCP_${name.toUpperCase()}`, '?']),
    );
    const found = problems('', bad);
    assert.deepEqual(found.map((line) => line.split(':')[0]).sort(), Object.keys(bad).sort());
    for (const line of found) assert.match(line, /: got '\?', expected ./);
  });
});

test('vsmcp.schema.json is current', async () => {
  const committed = await readFile(new URL('../../../../vsmcp.schema.json', import.meta.url), 'utf8');
  assert.equal(
    committed,
    configJsonSchemaText(),
    'run node --import tsx -C source libs/service/scripts/config-schema.ts',
  );
});
