import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { openWellness } from '../support/hostile.js';
import { openOutside, type SeenOutcome } from '../support/outside.js';
import { servePackages } from '../support/packages.js';
import { freePort } from '../support/ports.js';
import { brokerUrl, hasBroker } from '../support/rabbitmq.js';
import { until } from '../support/until.js';
import { startUp } from '../support/up.js';

const PATH = `unruly-${process.pid}`;

/** A server's ill, and how its event ends: it waits, with the reason. */
const STARTS: Record<string, RegExp> = {
  broken: /^server broken: @fixture\/unruly did not start: it exited with code 3; its last words: no database$/,
  mute: /^server mute: @fixture\/unruly did not start: no answer within 6000 ms$/,
  babbling: /^server babbling: @fixture\/unruly did not start: it wrote more than 1 MiB without a newline/,
  many: /^server many: @fixture\/unruly did not start: it offers more than 1000 tools/,
};

/** A call that hangs for longer than the test takes, on however busy a machine. */
const HANGS = 'still';

/** Tool → how a call of it is written, and how its event ends. The reason may be left out, for what is answered. */
const CALLS: Record<string, [how: string, outcome: string, because?: RegExp]> = {
  hang: ['deadline: 8s, retries: 0', 'dead', /hang: no answer within 8000 ms$/],
  'hang-writing': ['deadline: 2s', 'doubt', /no answer within 2000 ms$/],
  die: ['retries: 1', 'dead', /went away during the call: it exited with code 7$/],
  'die-once': ['retries: 2', 'answered'],
  'die-writing': ['', 'doubt', /went away during the call: it exited with code 7$/],
  mumble: ['', 'answered'],
  garble: ['retries: 0', 'dead', /it wrote more than 100 lines or 1 MiB that are not MCP messages$/],
  flood: ['retries: 0', 'dead', /it sent more than 1000 notifications and requests in 10 s$/],
  large: ['retries: 0', 'dead', /it sent a message of more than 16 MiB$/],
  lie: ['retries: 0', 'dead', /its structured content breaks its own output schema: data\/n must be number$/],
  nonsense: ['retries: 0', 'dead', /answered wrongly: content: /],
  grow: ['', 'answered'],
  fetch: ['', 'answered'],
  fill: ['', 'doubt', /went away during the call: it was ended for filling the disk: .* more than 32 MiB/],
};

const server = (name: string, mode: string) => `  ${name}: { npm: "@fixture/unruly@1.0.0", args: [${mode}] }`;
const unit = (name: string, call: string, how = '') =>
  `  ${name}: { responses: { do.${name}: { call: ${call}, with: { said: =event.id, megabytes: 50 }, ${how} } } }`;

/** @param far the port of a server on this machine, which one of them may reach */
const config = (far: number) => `
name: unruly
path: ${PATH}
servers:
${['fine', ...Object.keys(STARTS)].map((mode) => server(mode, mode)).join('\n')}
${Object.keys(CALLS)
  .filter((tool) => tool !== 'fetch')
  .map((tool) => server(tool, 'fine'))
  .join('\n')}
${server(HANGS, 'fine')}
  fetch:
    npm: "@fixture/unruly@1.0.0"
    args: [fine, "http://localhost:${far}/", "http://127.0.0.1:${far}/"]
    hosts: localhost:${far}
units:
${['fine', ...Object.keys(STARTS)].map((mode) => unit(mode, `${mode}.echo`)).join('\n')}
${Object.entries(CALLS)
  .map(([tool, [how]]) => unit(tool, `${tool}.${tool}`, how))
  .join('\n')}
${unit(HANGS, `${HANGS}.hang`, 'deadline: 10m, retries: 0')}
policy: { private: [localhost] }
settings: { drain: 5s, start_deadline: 6s, server_disk: 32MiB }
`;

describe('MCP servers that misbehave', async () => {
  const skip = !(await hasBroker()) && 'no RabbitMQ on this machine';
  it('cost their own events a clear fate, and the others nothing', { skip, timeout: 280_000 }, async (t) => {
    const url = await brokerUrl();
    const { env } = await servePackages(t, 'unruly');
    const far = await openFar(t);
    const metrics = String(await freePort());
    const up = await startUp(t, {
      config: config(far.port),
      broker: url,
      env: { ...env, VSMCP_METRICS_PORT: metrics },
    });
    const outside = await openOutside(t, url, PATH);
    const stillWell = await openWellness(up, outside, 'do.fine', 'answered');
    const fate = (id: string, outcome: string, timeout = 60_000): Promise<SeenOutcome['data']> =>
      until(() => outside.outcomes.get(id)?.find((one) => one.outcome === outcome), {
        timeout,
        what: `${id} is ${outcome}`,
      }).catch((error: Error) =>
        assert.fail(`${error.message}: ${JSON.stringify(outside.outcomes.get(id))?.slice(0, 1000)}`),
      );
    await stillWell();
    const tools = Object.keys(CALLS);
    await until(async () => (await ready(up)).length === tools.length + 2, {
      timeout: 120_000,
      what: 'who can is ready',
    });

    await t.test('while one hangs and others die, the rest answer', async () => {
      await outside.publish(`do.${HANGS}`, HANGS, {});
      for (const tool of tools) await outside.publish(`do.${tool}`, tool, {});
      for (const mode of Object.keys(STARTS)) await outside.publish(`do.${mode}`, mode, {});
      for (let n = 0; n < 50; n++) {
        await outside.publish('do.fine', `fine-${n}`, {});
        await fate(`fine-${n}`, 'answered');
      }
      assert.equal(outside.outcomes.get(HANGS), undefined, 'it still hangs');
    });
    for (const [tool, [how, outcome, because]] of Object.entries(CALLS)) {
      await t.test(`${tool} (${how || 'as it is'}): ${outcome}`, async () => {
        const { reason, result } = await fate(tool, outcome);
        if (because) assert.match(reason ?? '', because);
        else assert.ok(result);
      });
    }
    for (const [mode, because] of Object.entries(STARTS)) {
      await t.test(`a server that is ${mode}: its event waits, with the reason, and it hurts`, async () => {
        assert.match((await fate(mode, 'parked')).reason ?? '', because);
        await pain(up, `server:${mode}`, /stays down: @fixture\/unruly did not start/);
      });
    }
    await t.test('one whose tools changed is suspended, and hurts; its events wait', async () => {
      await pain(up, 'server:grow', /what it offers is not what was approved/);
      await outside.publish('do.grow', 'grow-again', {});
      assert.match((await fate('grow-again', 'parked')).reason ?? '', /not what was approved/);
    });
    await t.test('one that fills the disk is not started again, and hurts', async () => {
      await pain(up, 'server:fill', /stays down: it is not started: .* settings\.server_disk/);
    });
    await t.test('one that may reach a host reaches it, and no other; both are counted', async () => {
      const { result } = await fate('fetch', 'answered');
      assert.match(JSON.stringify(result), /hello from far; @fixture\/unruly may not reach 127\.0\.0\.1 at port/);
      const shown = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
      const dials = (outcome: string): number =>
        Number(
          new RegExp(
            `^vsmcp_server_dials_total\\{[^}]*server="@fixture/unruly"[^}]*outcome="${outcome}"[^}]*\\} (\\d+)$`,
            'm',
          ).exec(shown)?.[1],
        );
      // a call that is tried again on a busy machine dials again: whom it reaches counts for itself
      assert.equal(dials('made'), far.connections());
      assert.ok(dials('refused') >= 1, shown);
    });
    await t.test('doubt hurts', async () => {
      await pain(up, 'doubt:die-writing', /do\.die-writing die-writing: .*it exited with code 7/);
      await pain(up, 'doubt:hang-writing', /no answer within 2000 ms/);
    });
    await t.test('those that were started again answer again', async () => {
      for (const tool of ['mumble', 'die-once']) {
        await outside.publish(`do.${tool}`, `${tool}-again`, {});
        await fate(`${tool}-again`, 'answered');
      }
      await stillWell();
    });
    await outside.close();
    assert.equal(await up.stop(), 0);
  });
});

/** A server on loopback, and how often anyone has connected to it. */
async function openFar(t: { after(fn: () => void): void }): Promise<{ port: number; connections: () => number }> {
  let connections = 0;
  const server = createServer((_, response) => response.end('hello from far'));
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, connections: () => connections };
}

type Running = Awaited<ReturnType<typeof startUp>>;

async function ready(up: Running): Promise<string[]> {
  const { capabilities } = await up.get<{ capabilities: { server: string; state: string }[] }>('/capabilities');
  return capabilities.filter(({ state }) => state === 'ready').map(({ server }) => server);
}

async function pain(up: Running, alert: string, what: RegExp): Promise<void> {
  const found = await until(
    async () =>
      (await up.get<{ alerts: { alert: string; what: string }[] }>('/alerts')).alerts.find((a) => a.alert === alert),
    { timeout: 60_000, what: `${alert} hurts` },
  );
  assert.match(found.what, what);
}
