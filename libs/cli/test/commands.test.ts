import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { until } from '../../../test/support/until.js';
import { startUp, type Up } from '../../../test/support/up.js';

const CONFIG = `
name: desk
units:
  desk:
    absorbs: order.#
    responses: { order.seen: noted }
  backups:
    silence: { beat: 1s }
    responses: { beat: noted }
pain: { climb: 1s }
`;

let up: Up;
const endings: (() => Promise<void>)[] = [];
before(async () => {
  up = await startUp({ after: (fn) => void endings.push(fn) }, { config: CONFIG, args: ['--no-demo'] });
});
test.after(async () => {
  for (const end of endings) await end();
});

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await up.vsmcp(...args);
  assert.equal(stderr, '');
  assert.equal(code, 0);
  return stdout;
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse(await ok(...args, '--json')) as Record<string, unknown>;
}

/** Runs a command until it prints something like this. */
function seen(pattern: RegExp, ...args: string[]): Promise<string> {
  return until(
    async () => {
      const out = await ok(...args);
      return pattern.test(out) && out;
    },
    { timeout: 30_000, what: `vsmcp ${args.join(' ')} shows ${pattern}` },
  );
}

test('an event is published, waits, is shown, and is let go with a reason', async () => {
  assert.match(await ok('events', 'publish', 'order.seen', '--id', 'n-1'), /^published order\.seen as n-1$/m);
  await ok('events', 'publish', 'order.placed', '--id', 'o-1', '--data', '{"order":42}');
  assert.match(await seen(/order\.placed/, 'held', 'list', '--reason', 'parked'), /order\.placed +o-1 +desk +parked/);
  assert.match(await ok('held', 'show', 'o-1'), /"order": 42/);
  const { total } = await json('held', 'list', '--type', 'order.placed');
  assert.equal(total, 1);

  assert.match(await ok('held', 'discard', '--type', 'order.placed', '--because', 'not ours'), /^accepted/);
  await seen(/Nothing waits/, 'held', 'list', '--type', 'order.placed');
  assert.match(await ok('journal', '--limit', '50'), /s3/);
});

test('status, variety, units and capabilities are shown, and are JSON when asked', async () => {
  assert.match(await ok('status'), /^desk: .*viable/);
  const status = await json('status');
  for (const key of ['viable', 'reasons', 'systems', 'variety', 'health']) assert.ok(key in status, key);
  assert.match(await ok('variety'), /^required /m);
  assert.match(await ok('units'), /desk +order\.seen +noted/);
  assert.match(await ok('coordination'), /^0 leases held · 0 waiting · 0 conflicts resolved$/m);
  assert.deepEqual((await json('coordination')).resolved, []);
  assert.match(await ok('control'), /wanted of \d+ operations at the same time · /);
  assert.match(await ok('capabilities', 'list'), /No server yet/);
  assert.deepEqual((await json('capabilities')).capabilities, []);
});

test('pain is listed and acknowledged', async () => {
  await ok('events', 'publish', 'beat');
  await seen(/silence:backups:beat.*system5/, 'algedonic');
  assert.match(await ok('algedonic', 'ack'), /acknowledged: silence:backups:beat/);
  await seen(/acknowledged by cli:/, 'algedonic', 'list');
});

test('what cannot be done is an error with the reason', async () => {
  const none = await up.vsmcp('decisions', 'approve');
  assert.match(none.stderr, /nothing asks for a decision/);
  assert.equal(none.code, 1);
  const unknown = await up.vsmcp('held', 'show', 'nothing');
  assert.match(unknown.stderr, /no held event has the id nothing/);
  const tool = await up.vsmcp('operations', 'run', 'calc.math', '--params', '{"expression":"1+1"}');
  assert.notEqual(tool.stderr, '');
  const first = await up.vsmcp('coordination', 'prefer', 'desk', 'board', '--because', 'it was here first');
  assert.match(first.stderr, /no units undo each other on board/);
  assert.equal(first.code, 1);
  assert.equal(tool.code, 1);
});

test('the terminal tells what happens, and Ctrl-C ends it in order', async () => {
  await until(() => /order\.placed +1 waiting · nothing answers it/.test(up.output()), {
    timeout: 20_000,
    what: 'the gap is told',
  });
  await until(() => /backups +.*climbs to System 5.*npx vsmcp algedonic ack/.test(up.output()), {
    timeout: 20_000,
    what: 'the pain is told',
  });
  assert.equal(await up.stop(), 0);
  assert.match(up.output(), /stopping …\n stopped\n$/);
});
