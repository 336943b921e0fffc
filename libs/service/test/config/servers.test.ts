import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VsmError } from '@vsmcp/vsm';
import { FleetConfig, parseConfig, specOfServer } from '../../src/index.js';

function problems(text: string): string[] {
  try {
    parseConfig(text, 'vsmcp.yaml', {});
  } catch (error) {
    assert.ok(error instanceof VsmError && error.code === 'VSM_CONFIG');
    return error.message.split('\n');
  }
  return [];
}

test('a server is run from a package or reached at an address', () => {
  const { servers, policy } = parseConfig(
    `servers:
  time: { npm: time-mcp@1.0.6, writes: desk, parallel: true, rate: 5/10s }
  far: { url: "https://mcp.example/mcp", headers: { Authorization: { from: FAR_TOKEN }, X-Tenant: a } }
  socket: { url: "wss://mcp.example" }
  line: { url: "tcp://[fd00::1]:4000", parallel: true }
policy: { private: [10.0.0.0/8, "fd00::/8", ::1, mcp.internal, localhost] }
`,
    'vsmcp.yaml',
    {},
  );
  const specs = Object.entries(servers).map(([name, server]) => specOfServer(name, server));
  assert.deepEqual(specs, [
    {
      npm: 'time-mcp@1.0.6',
      args: [],
      env: {},
      grants: { reads: [], writes: ['desk'], runs: [], network: false, hosts: [] },
      parallel: true,
    },
    {
      url: 'https://mcp.example/mcp',
      headers: { Authorization: { from: 'FAR_TOKEN' }, 'X-Tenant': 'a' },
      parallel: false,
    },
    { url: 'wss://mcp.example', headers: {}, parallel: false },
    { url: 'tcp://[fd00::1]:4000', headers: {}, parallel: true },
  ]);
  assert.deepEqual(servers.time?.rate, { calls: 5, per: 10_000 });
  assert.equal(policy.private.length, 5);
});

test('a rate is at least one call, and no response makes more than it allows', () => {
  assert.deepEqual(
    problems(`servers:
  slow: { npm: time-mcp@1.0.6, rate: 2/m }
  none: { npm: time-mcp@1.0.6, rate: 0/m }
  odd: { npm: time-mcp@1.0.6, rate: 60 per minute }
`).map((problem) => problem.split(',')[0]),
    ["vsmcp.yaml:3 servers.none.rate: got '0/m'", "vsmcp.yaml:4 servers.odd.rate: got '60 per minute'"],
  );
  assert.deepEqual(
    problems(`servers:
  slow: { npm: time-mcp@1.0.6, rate: 2/m }
units:
  desk:
    responses:
      file.md: { call: slow.now, then: [{ call: slow.now }, { call: slow.now }] }
      file.txt: { call: slow.now, then: [{ call: slow.now }] }
policy: { first: [dest] }
`),
    [
      "vsmcp.yaml:6 units.desk.responses.file.md: got 3 calls of 'slow', expected at most 2: its rate allows no more in 60 s",
      "vsmcp.yaml:8 policy.first.0: got unit 'dest', expected one listed under units (did you mean 'desk'?)",
    ],
  );
});

test('what cannot be reached so is told, each with its line', () => {
  assert.deepEqual(
    problems(`servers:
  both: { npm: time-mcp@1.0.6, url: "https://a.example" }
  neither: { args: [x] }
  scheme: { url: "ftp://a.example" }
  password: { url: "https://u:p@a.example" }
  port: { url: "tcp://a.example" }
  path: { url: "tcp://a.example:1/x" }
  local: { npm: time-mcp@1.0.6, headers: { X-A: b } }
  grants: { url: "https://a.example", writes: desk, network: true, hosts: a.example }
  secret: { url: "https://a.example", headers: { authorization: "Bearer x", X-Api-Key: y } }
  own: { url: "https://a.example", headers: { Mcp-Session-Id: x, "a b": c, X: "a\\nb" } }
  lines: { url: "tcp://a.example:1", headers: { X-A: b } }
  twice: { npm: time-mcp@1.0.6, network: true, hosts: a.example }
`).map((problem) => problem.replace(/, expected https:.*/, ', expected an address')),
    [
      'vsmcp.yaml:2 servers.both.url: got url and npm, expected one of them',
      'vsmcp.yaml:3 servers.neither: got neither npm nor url, expected npm: package@exact.version or url: https://…',
      "vsmcp.yaml:4 servers.scheme.url: got 'ftp://a.example', expected an address",
      "vsmcp.yaml:5 servers.password.url: got 'https://u:p@a.example', expected an address",
      "vsmcp.yaml:6 servers.port.url: got 'tcp://a.example', expected an address",
      "vsmcp.yaml:7 servers.path.url: got 'tcp://a.example:1/x', expected an address",
      'vsmcp.yaml:8 servers.local.headers.X-A: got a header, expected none: only a server with a url has headers',
      'vsmcp.yaml:9 servers.grants.writes: got a value, expected none: a server with a url runs elsewhere, nothing here is given to it',
      'vsmcp.yaml:9 servers.grants.hosts: got a value, expected none: a server with a url runs elsewhere, nothing here is given to it',
      'vsmcp.yaml:9 servers.grants.network: got a value, expected none: a server with a url runs elsewhere, nothing here is given to it',
      'vsmcp.yaml:10 servers.secret.headers.authorization: got its value, expected { from: ENV_NAME }: secrets stand in no file',
      'vsmcp.yaml:10 servers.secret.headers.X-Api-Key: got its value, expected { from: ENV_NAME }: secrets stand in no file',
      'vsmcp.yaml:11 servers.own.headers.Mcp-Session-Id: got a header that MCP sets itself, expected another',
      "vsmcp.yaml:11 servers.own.headers.a b: got 'a b' as a name, expected the name of a header",
      'vsmcp.yaml:11 servers.own.headers.X: got characters that no header may have',
      'vsmcp.yaml:12 servers.lines.headers.X-A: got a header, expected none: tcp has no headers',
      'vsmcp.yaml:13 servers.twice.hosts: got hosts and network: true, expected one of them: network is all hosts, and this machine beside them',
    ],
  );
  assert.match(problems('policy: { private: [10.0.0.0/33] }')[0] ?? '', /expected a range such as 10\.0\.0\.0\/8/);
  for (const wrong of ['https://a.example', 'a.example/x', '*', 'a.*.example', 'a example'])
    assert.match(
      problems(`servers: { a: { npm: time-mcp@1.0.6, hosts: ["${wrong}"] } }`)[0] ?? '',
      /expected a host such as api\.example\.org/,
    );
  for (const right of ['a.example', '*.a.example:8443', 'localhost:1', '"[::1]:9"'])
    assert.deepEqual(
      problems(`servers: { a: { npm: time-mcp@1.0.6, hosts: ${right.replace(/^\*.*$/, '"$&"')} } }`),
      [],
    );
  assert.match(problems('policy: { private: ["https://x"] }')[0] ?? '', /the name of a host/);
});

test('opening hours say what is wrong in them, and are nothing that the server itself is given', () => {
  assert.deepEqual(
    problems('servers: { bank: { npm: time-mcp@1.0.6, open: [{ days: mo-fri, zone: Middle/Earth }] } }'),
    [
      "vsmcp.yaml:1 servers.bank.open.0.days: got 'mo-fri', expected days such as mon-fri, sat, or mon,wed,fri",
      "vsmcp.yaml:1 servers.bank.open.0.zone: got 'Middle/Earth', expected a time zone such as Europe/Berlin",
    ],
  );
  const { servers } = FleetConfig.parse({ servers: { bank: { npm: 'time-mcp@1.0.6', open: [{ from: '09:00' }] } } });
  assert.ok(servers.bank && !JSON.stringify(specOfServer('bank', servers.bank)).includes('open'));
});
