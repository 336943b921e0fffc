import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '@vsmcp/service';
import { VsmError } from '@vsmcp/vsm';
import { freePort } from '../../../../test/support/ports.js';
import { readForeign } from '../../src/import/foreign.js';
import { pin } from '../../src/import/pin.js';
import { temporaryFolder } from '../folder.js';
import { vsmcp } from '../vsmcp.js';

const CONFIG = `# my fleet
name: mine   # a name
servers:
  memory: { npm: "@modelcontextprotocol/server-memory@2026.8.31" }
units: {}
`;

test('a .mcp.json as people have it: what runs is added, the rest kept, and no secret is copied', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'notes'));
  await writeFile(join(folder, 'vsmcp.yaml'), CONFIG);
  await writeFile(
    join(folder, '.mcp.json'),
    `{
  // the tools of the team
  "mcpServers": {
    "Brave Search": { "command": "npx", "args": ["-y", "time-mcp@1.0.6"], "env": { "BRAVE_API_KEY": "BSA-secret-1", "LEVEL": 3 } },
    "other": { "command": "npx", "args": ["-y", "time-mcp@1.0.6"], "env": { "BRAVE_API_KEY": "BSA-secret-2", "PATH": "/bin" } },
    "files": { "command": "npx", "args": ["@modelcontextprotocol/server-filesystem@2026.8.31", "\${workspaceFolder}/notes", "/not/here"] },
    "remote": { "type": "http", "url": "https://example.com/mcp", "headers": { "Authorization": "Bearer \${TOKEN}" } },
    "memory": { "command": "npx", "args": ["-y", "time-mcp@1.0.6"] },
    "brave-search": { "command": "npx", "args": ["-y", "time-mcp@1.0.6"] },
    "fetch": { "command": "uvx", "args": ["mcp-server-fetch"], "env": { "TOKEN": "uv-secret-3" } },
    "old": { "url": "https://example.com/sse" },
    "off": { "command": "npx", "args": ["time-mcp@1.0.6"], "disabled": true },
    "broken": 7,
  },
}`,
  );
  const env = { VSMCP_CONFIG: '' };
  const dry = await vsmcp(['import', '.mcp.json', '--dry-run'], env, folder);
  assert.match(dry.out, /^servers:\n {2}brave-search:\n {4}npm: time-mcp@1\.0\.6/);
  assert.match(dry.out, /4 would be added to vsmcp\.yaml, 4 kept as comments, 2 left alone/);
  assert.equal(await readFile(join(folder, 'vsmcp.yaml'), 'utf8'), CONFIG);

  const { code, out, err } = await vsmcp(['import', '.mcp.json', '--json'], env, folder);
  assert.equal(err, '');
  assert.equal(code, 0);
  const said = JSON.parse(out) as {
    variables: { name: string }[];
    conflicts: { name: string }[];
    left: { name: string }[];
  };
  assert.deepEqual(
    said.variables.map(({ name }) => name),
    ['BRAVE_API_KEY', 'OTHER_BRAVE_API_KEY', 'REMOTE_AUTHORIZATION'],
  );
  assert.deepEqual(
    said.conflicts.map(({ name }) => name),
    ['memory', 'brave-search'],
  );
  assert.deepEqual(
    said.left.map(({ name }) => name),
    ['fetch', 'old', 'off', 'broken'],
  );

  const text = await readFile(join(folder, 'vsmcp.yaml'), 'utf8');
  assert.doesNotMatch(text + dry.out + out, /secret-\d/);
  assert.match(text, /^# my fleet\nname: mine {3}# a name\n/);
  assert.match(text, /^ {2}# fetch: not supported, because it is a Python package \(uvx\)\n {2}# {3}command: uvx$/m);
  const { servers } = parseConfig(text, 'vsmcp.yaml', {});
  assert.deepEqual(Object.keys(servers), ['memory', 'brave-search', 'other', 'files', 'remote']);
  assert.deepEqual(servers['brave-search']?.env, { BRAVE_API_KEY: { from: 'BRAVE_API_KEY' }, LEVEL: '3' });
  assert.deepEqual(servers.other?.env, { BRAVE_API_KEY: { from: 'OTHER_BRAVE_API_KEY' } });
  assert.deepEqual(servers.files?.writes, [join(folder, 'notes')]);
  assert.equal(servers.files?.network, false);
  assert.deepEqual(servers.remote?.headers, { Authorization: { from: 'REMOTE_AUTHORIZATION' } });

  const again = await vsmcp(['import', '.mcp.json'], env, folder);
  assert.match(again.out, /0 added to vsmcp\.yaml, 4 kept as comments, 6 left alone/);
  assert.equal(await readFile(join(folder, 'vsmcp.yaml'), 'utf8'), text);
});

test('thirty servers of one package are one question to npm; offline each says which to pin', async () => {
  const asked: string[] = [];
  const launches = Array.from({ length: 30 }, (_, i) => ({
    name: `p${i % 3}`,
    range: i % 2 ? '^1.0.0' : '',
    args: [],
  }));
  const pins = await pin(launches, {
    newest: async (spec) => {
      asked.push(spec);
      return '1.2.3';
    },
  });
  assert.equal(asked.length, 6);
  assert.deepEqual(pins.get('p1@^1.0.0'), { npm: 'p1@1.2.3' });
  const away = `http://127.0.0.1:${await freePort()}/`;
  const { openNpm } = await import('@vsmcp/mcp');
  const offline = await pin(launches.slice(0, 1), openNpm({ env: { ...process.env, npm_config_registry: away } }));
  const found = offline.get('p0');
  assert.ok(found && 'because' in found);
  assert.match(found.because, /cannot be reached.*pin it there: p0@<exact version>/);
});

test('the newest version is asked of npm', async () => {
  const { openNpm } = await import('@vsmcp/mcp');
  const pins = await pin([{ name: 'time-mcp', range: '~1.0.0', args: [] }], openNpm());
  const found = pins.get('time-mcp@~1.0.0');
  assert.ok(found && 'npm' in found, JSON.stringify(found));
  assert.match(found.npm, /^time-mcp@1\.0\.\d+$/);
});

test('VS Code’s files, and those that are none', () => {
  const names = (text: string) => readForeign(text, 'mcp.json').map(({ name }) => name);
  assert.deepEqual(names('{"servers": {"a": {}}, "inputs": []}'), ['a']);
  assert.deepEqual(names('{"mcp": {"servers": {"b": {}}}}'), ['b']);
  const wrong = (text: string) => {
    try {
      readForeign(text, 'mcp.json');
    } catch (error) {
      assert.ok(error instanceof VsmError && error.code === 'VSM_CONFIG');
      return error.message;
    }
    return '';
  };
  assert.match(wrong('{\n"servers": [,}'), /^mcp\.json:2 is not JSON/);
  assert.match(wrong('{"tools": {}}'), /lists no MCP servers/);
});

test('no secret is copied, in whatever form a client holds it, and one bad entry spoils only itself', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'work', 'notes'), { recursive: true });
  await writeFile(join(folder, 'vsmcp.yaml'), CONFIG);
  const npx = (...args: string[]) => ({ command: 'npx', args: ['-y', 'time-mcp@1.0.6', ...args] });
  await writeFile(
    join(folder, 'mcp.json'),
    `\uFEFF${JSON.stringify({
      mcpServers: {
        header: npx('--header', 'X-Custom: planted1'),
        inline: npx('--header=Authorization: planted2'),
        assigned: npx('-e', 'MY_PASSWORD=planted3'),
        docker: { command: 'docker', args: ['run', '-e', 'NAME=planted4', '--token', 'planted5', 'image'] },
        off: { ...npx('planted6'), enabled: false },
        there: { ...npx('./notes', '/no/such/file'), cwd: 'work' },
        asks: { ...npx(`\${command:pick}`), env: { A: `\${input:a}`, B: '%B%' } },
        'bad header': { httpUrl: 'https://example.org/mcp', headers: { 'not a header': 'planted7' } },
        gemini: { httpUrl: 'https://example.org/mcp' },
      },
      servers: { code: npx() },
    })}`,
  );
  const { code, out, err } = await vsmcp(['import', 'mcp.json', '--json'], { VSMCP_CONFIG: '' }, folder);
  assert.equal(code, 0, err);
  const said = JSON.parse(out) as { added: { name: string; notes: string[] }[]; left: { name: string }[] };
  const text = await readFile(join(folder, 'vsmcp.yaml'), 'utf8');
  assert.doesNotMatch(text + out + err, /planted/);
  const names = said.added.map(({ name }) => name);
  for (const name of ['header', 'inline', 'assigned', 'there', 'asks', 'gemini', 'code'])
    assert.ok(names.includes(name), name);
  for (const name of ['docker', 'off'])
    assert.ok(
      said.left.some((one) => one.name === name),
      name,
    );
  const there = said.added.find(({ name }) => name === 'there')?.notes.join();
  assert.match(there ?? '', /may write .*work\/notes.*not started in work/);
  assert.match(said.added.find(({ name }) => name === 'asks')?.notes.join() ?? '', /left out: \$\{command:pick\}/);
  assert.equal((parseConfig(text, 'vsmcp.yaml', {}).servers.gemini as { url?: string }).url, 'https://example.org/mcp');
});

test('a file of servers that cannot run here leaves comments and a configuration that is right', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(
    join(folder, 'mcp.json'),
    JSON.stringify({ mcpServers: { a: { command: 'docker', args: ['run', 'x'] } } }),
  );
  await writeFile(join(folder, 'vsmcp.yaml'), 'name: mine\nunits: {}\n');
  const { code, err } = await vsmcp(['import', 'mcp.json'], { VSMCP_CONFIG: '' }, folder);
  assert.equal(code, 0, err);
  const text = await readFile(join(folder, 'vsmcp.yaml'), 'utf8');
  assert.match(text, /^# a: not supported, because it runs in a container/m);
  assert.equal(parseConfig(text, 'vsmcp.yaml', {}).name, 'mine');
});
