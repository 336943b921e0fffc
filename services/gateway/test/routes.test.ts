import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { QUESTIONS } from '@vsmcp/vsm';
import fastify from 'fastify';
import { openFleet } from '../../../test/support/fleet.js';
import { consciousness } from '../../consciousness/src/index.js';
import { system1 } from '../../system1-operations/src/index.js';
import { system2 } from '../../system2-coordination/src/index.js';
import { system3 } from '../../system3-control/src/index.js';
import { system4 } from '../../system4-intelligence/src/index.js';
import { system5 } from '../../system5-policy/src/index.js';
import { holdToTable } from '../src/register.js';
import { ROLES, type Route } from '../src/routes/route.js';
import { STREAM_EVENTS } from '../src/routes/stream.js';
import { ROUTES, type RouteName } from '../src/routes/table.js';
import { gatewayForTests } from './support.js';

const { service, url, call } = gatewayForTests();
const units = { desk: { absorbs: 'file.#', responses: { 'file.ok': 'noted' as const } }, old: { absorbs: 'old.#' } };
const fleet = await openFleet({
  services: [system1, system2, system3, system4, system5, consciousness, service],
  config: { name: 'desk', units },
});
after(() => fleet.stop());

interface Sample {
  path?: string;
  body?: unknown;
  headers?: Record<string, string>;
  /** Where it is not the route's own: a problem that the route declares. */
  status?: number;
}

const JSON_TYPE = 'application/json';
const RPC = { accept: 'application/json, text/event-stream' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

/** A request for every route but the stream, whatever their order; parameters are in the path. */
const SAMPLES: Record<Exclude<RouteName, 'stream'>, Sample> = {
  page: {},
  script: {},
  style: {},
  status: {},
  systems: { path: '/systems?system=s1' },
  variety: {},
  recursion: {},
  units: { path: '/units?limit=1' },
  capabilities: {},
  discover: { path: '/capabilities/discover?text=cron&limit=2' },
  acquisitions: {},
  held: { path: '/held?reason=parked&limit=1' },
  outcomes: { path: '/outcomes?limit=1' },
  journal: { path: '/journal?since=0&limit=5' },
  decisions: {},
  alerts: {},
  policies: {},
  coordination: {},
  control: {},
  waiting: { path: '/waiting?limit=3' },
  account: {},
  unit: { path: '/units/desk' },
  heldEvent: { path: '/held/shop/w1' },
  testServer: { path: '/capabilities/nobody/test', status: 404 },
  publish: { body: [{ type: 'file.ok' }, { type: 'file.ok' }] },
  operate: { body: { tool: 'no.where', wait: 1000 }, status: 409 },
  acquire: { body: { server: 'io.example/nobody', by: 'ada' } },
  upgrade: { path: '/capabilities/nobody/upgrade', body: { version: '2.0.0' }, status: 409 },
  rollback: { path: '/capabilities/nobody/rollback', body: {}, status: 409 },
  dismiss: { path: '/capabilities/nobody/dismiss', body: { because: 'unused' }, status: 409 },
  replay: { body: { filter: { type: 'file.none' }, because: 'a test' } },
  done: { body: { filter: { reason: 'doubt' }, because: 'a test' } },
  discard: { body: { filter: { id: 'w2' }, because: 'a test', by: 'ada' } },
  answer: { path: '/held/nobody/answer', body: { verdict: 'approve' }, status: 409 },
  decide: { path: '/decisions/unknown', body: { verdict: 'allow', because: 'a test' }, status: 409 },
  setUnit: { path: '/units/shop?because=new', body: { responses: { 'order.placed': 'noted' }, by: 'ada' } },
  removeUnit: { path: '/units/old?because=closed' },
  arrange: { body: { set: { shop: { responses: { 'order.paid': 'noted' } } } } },
  configure: { body: { units } },
  prefer: { body: { unit: 'desk', resource: 'notice', because: 'a test' }, status: 409 },
  prioritize: { body: { priority: { desk: 2 } } },
  acknowledge: { body: {} },
  mcpSpeak: { body: INITIALIZE, headers: RPC },
  mcpListen: { headers: RPC, status: 405 },
  mcpEnd: { headers: RPC, status: 405 },
};

describe('the table of routes', () => {
  const declared: [string, Route][] = Object.entries(ROUTES);

  test('no two routes are one, and the parameters of a path are those that are read', () => {
    assert.equal(new Set(declared.map(([, { method, path }]) => `${method} ${path}`)).size, declared.length);
    for (const [name, { path, params }] of declared) {
      assert.deepEqual(
        [...path.matchAll(/:(\w+)/g)].map(([, one]) => one),
        Object.keys(params.shape),
        name,
      );
    }
  });

  test('only reading is for viewers, and nothing that reads has a body', () => {
    for (const [name, { method, rights, status, problems, summary }] of declared) {
      const changes = rights.asks.some((question) => QUESTIONS[question].petition) || rights.publishes !== undefined;
      assert.equal(changes, ROLES.indexOf(rights.role) >= ROLES.indexOf('operator'), name);
      if (changes) assert.notEqual(method, 'GET', name);
      assert.ok(!problems.some((problem) => problem < 400) && status < 300, name);
      assert.match(summary, /^[A-Z].*[^.]$/, name);
    }
  });

  test('a server with a route that is not declared does not start, nor one that lacks a declared route', async (t) => {
    const app = fastify();
    t.after(() => app.close());
    const complete = holdToTable(app, { status: ROUTES.status, units: ROUTES.units });
    app.get('/status', async () => 'ok');
    assert.throws(() => app.post('/status', async () => 'ok'), /POST \/status is not declared/);
    assert.throws(complete, /served by nothing: GET \/units$/);
  });
});

describe('every route answers as it is declared', () => {
  before(async () => {
    await fleet.until(async () => (await call('GET', '/status')).body.viable === true, { what: 'all systems' });
    for (const id of ['w1', 'w2']) await fleet.publish('file.cron', { text: '0 9 * * *' }, { id, source: 'shop' });
    await fleet.until(async () => (await call('GET', '/held')).body.total === 2, { what: 'events that wait' });
  });

  const samples: [string, Sample][] = Object.entries(SAMPLES);
  const routes: Readonly<Record<string, Route | undefined>> = ROUTES;
  for (const [name, sample] of samples) {
    test(name, async () => {
      const route = routes[name];
      assert.ok(route);
      const reply = await call(route.method, sample.path ?? route.path, sample.body, sample.headers);
      const { status, headers, body } = reply;
      assert.equal(status, sample.status ?? route.status, JSON.stringify(body));
      const problem: readonly number[] = route.problems;
      const schema = status === route.status ? route.output : route.problem;
      assert.ok(status === route.status || problem.includes(status), `${status} is declared`);
      assert.equal(
        headers['content-type']?.toString().split(';')[0],
        status === route.status ? route.media : JSON_TYPE,
      );
      const parsed = schema.safeParse(body);
      assert.ok(parsed.success, parsed.error?.message);
    });
  }

  test('stream', async () => {
    const abort = new AbortController();
    const response = await fetch(`${url()}/stream`, { signal: abort.signal });
    assert.equal(response.headers.get('content-type')?.split(';')[0], ROUTES.stream.media);
    const seen = new Set<string>();
    const wrong: string[] = [];
    const schemas = new Map(Object.entries(STREAM_EVENTS));
    let text = '';
    const reading = (async () => {
      for await (const chunk of response.body ?? []) {
        const parts = (text + Buffer.from(chunk).toString()).split('\n\n');
        text = parts.pop() ?? '';
        for (const [, event = '', data = ''] of parts.map((part) => /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [])) {
          const parsed = schemas.get(event)?.safeParse(JSON.parse(data));
          if (!parsed?.success) wrong.push(`${event}: ${parsed?.error.message ?? 'not declared'}`);
          seen.add(event);
        }
      }
    })();
    await fleet.publish('file.ok', {});
    await fleet.until(() => ['hello', 'instance', 'outcome'].every((name) => seen.has(name)), { what: 'three events' });
    abort.abort();
    await assert.rejects(reading, { name: 'AbortError' });
    assert.deepEqual(wrong, []);
  });
});
