import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { until } from '../../../test/support/until.js';
import { startUp, type Up, VSMCP } from '../../../test/support/up.js';

const CONFIG = `
name: desk
units:
  desk:
    absorbs: order.#
    responses: { order.seen: noted, leave.wanted: { call: person, with: { question: 'May they?' } } }
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

/** A command that goes on by itself. */
function running(...args: string[]): { child: ChildProcessWithoutNullStreams; out: () => string } {
  const child = spawn(process.execPath, [VSMCP, ...args], { env: { ...process.env, VSMCP_URL: up.url } });
  endings.push(async () => void child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk;
  });
  return { child, out: () => out };
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

test('a file of events is published in frames, up to the line that is none', async () => {
  const file = join(up.home, 'events.ndjson');
  await writeFile(file, Array.from({ length: 1100 }, (_, n) => `{"n":${n}}\n`).join(''));
  assert.match(
    await ok('events', 'publish', 'order.seen', '--frame', file),
    /^published 1100 events in [1-9] frames?$/m,
  );
  await writeFile(file, '{"type":"order.seen","data":1}\n\n{"type":"order seen"}\n');
  const { code, stderr } = await up.vsmcp('events', 'publish', '--frame', file);
  assert.equal(code, 64, stderr);
  assert.match(stderr, /line 3 is no event: type: .*; 1 events before it are published/);
  const missing = await up.vsmcp('events', 'publish', '--frame', `${file}.gone`);
  assert.match(missing.stderr, /cannot be read: ENOENT/);
  await until(
    async () => {
      const { outcomes } = await up.get<{ outcomes: Record<string, number> }>('/account');
      return outcomes.noted === 1101;
    },
    { timeout: 30_000, what: 'each event of the frames is noted' },
  );
});

test('an event is published, waits, is shown, and is let go with a reason', async () => {
  assert.match(await ok('events', 'publish', 'order.seen', '--id', 'n-1'), /^published order\.seen as n-1$/m);
  await ok('events', 'publish', 'order.placed', '--id', 'o-1', '--data', '{"order":42}');
  assert.match(await seen(/order\.placed/, 'held', 'list', '--reason', 'parked'), /order\.placed +o-1 +desk +parked/);
  assert.match(await ok('held', 'show', 'o-1'), /"order": 42/);
  const { total } = await json('held', 'list', '--type', 'order.placed');
  assert.equal(total, 1);

  assert.match(await ok('held', 'discard', '--type', 'order.placed', '--because', 'not ours'), /^accepted, 1 event: /);
  await seen(/Nothing waits/, 'held', 'list', '--type', 'order.placed');
  const again = await ok('held', 'discard', '--type', 'order.placed', '--because', 'not ours');
  assert.equal(again, '0 events: nothing that is held fits; vsmcp held list shows what is held\n');
  assert.match(await ok('journal', '--limit', '50'), /s3 .*settle.*not ours/);
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

test('a system is inspected from inside, with the process that it runs in', async () => {
  const shown = await ok('inspect', 's5');
  assert.match(shown, /^System 5 policy: ok/);
  assert.match(shown, /s5-\S+ +active +\d+ +\d[\w. ]* +\d+@\S+ +\d+ MB/);
  const { instances, own } = (await json('inspect', 's1')) as {
    instances: { vitals: { memory: number } }[];
    own: object;
  };
  assert.ok((instances[0]?.vitals.memory ?? 0) > 1e7);
  assert.deepEqual(Object.keys(own), ['capabilities', 'account', 'waiting']);
  assert.equal((await up.vsmcp('inspect', 's9')).code, 64);
});

test('top shows the fleet at a glance, with rates', async () => {
  const shown = await ok('top', '--once', '--every', '0.3');
  assert.match(shown, /^desk +/);
  assert.match(shown, /^events [\d.]+\/s/m);
  for (const system of ['s1', 's2', 's3', 's4', 's5', 'consciousness', 'gateway'])
    assert.match(shown, new RegExp(`^${system}-`, 'm'));
});

test('tail follows what happens until Ctrl-C', async () => {
  const tail = running('tail', '--type', 'order.#', '--only', 'outcome');
  const heard = await until(
    async () => {
      await ok('events', 'publish', 'order.seen');
      return /noted +order\.seen +desk/.test(tail.out()) && tail.out();
    },
    { timeout: 30_000, what: 'an outcome is told' },
  );
  assert.doesNotMatch(heard, /beat/);
  tail.child.kill('SIGINT');
  assert.deepEqual(await once(tail.child, 'exit'), [0, null]);
  assert.equal((await up.vsmcp('tail', '--only', 'gossip')).code, 64);
});

test('repl evaluates at the fleet', async () => {
  const repl = running('repl');
  repl.child.stdin.end("[(await status()).name, (await publish('order.seen', { n: 1 })).accepted]\n");
  assert.deepEqual(await once(repl.child, 'exit'), [0, null]);
  assert.equal(repl.out(), "[ 'desk', 1 ]\n");
});

test('pain is listed and acknowledged', async () => {
  await ok('events', 'publish', 'beat');
  await seen(/silence:backups:beat.*system5/, 'algedonic');
  assert.match(await ok('algedonic', 'ack'), /acknowledged: silence:backups:beat/);
  await seen(/acknowledged by cli:/, 'algedonic', 'list');
});

test('units are added, shown, set and removed; what is wrong is refused', async () => {
  const file = join(up.home, 'shops.yaml');
  await writeFile(file, 'units:\n  shop: { weight: 2, responses: { shop.sold: noted } }\n');
  assert.match(await ok('units', 'add', '--file', file, '--because', 'a shop'), /^accepted, version \d+: set: shop/);
  assert.match(await seen(/shop\.sold/, 'units'), /shop +shop\.sold +noted/);
  assert.match(await ok('units', 'show', 'shop'), /^shop, in version .*"weight": 2/s);
  const again = await up.vsmcp('units', 'add', '--file', file);
  assert.match(again.stderr, /there is a unit shop already/);
  assert.equal(again.code, 1);
  await writeFile(file, 'responses: { shop.sold: wanted }');
  const { set } = await json('units', 'set', 'shop', '--file', file);
  assert.deepEqual(set, ['shop']);
  await writeFile(file, 'responses: { shop.sold: { call: till.ring } }');
  assert.match((await up.vsmcp('units', 'set', 'shop', '--file', file)).stderr, /got server 'till'/);
  assert.match(await ok('units', 'remove', 'shop'), /removed: shop/);
  assert.match((await up.vsmcp('units', 'show', 'shop')).stderr, /there is no unit shop/);
});

test('a person answers what waits for one', async () => {
  await ok('events', 'publish', 'leave.wanted', '--id', 'leave-1');
  await seen(/leave-1 .*asked .*May they\?/, 'held', 'list', '--reason', 'asked');
  assert.match((await up.vsmcp('held', 'answer', 'leave-1')).stderr, /say --approve or --deny/);
  assert.match(await ok('held', 'answer', 'leave-1', '--approve', '--values', '{"until":"Monday"}'), /^accepted/);
  await seen(/Nothing waits/, 'held', 'list', '--reason', 'asked');
});

test('vsmcp.yaml is followed: what it says anew holds, what is wrong in it is told with its line and changes nothing', async () => {
  const write = async (text: string) => {
    await writeFile(join(up.home, 'new.yaml'), text);
    await rename(join(up.home, 'new.yaml'), join(up.home, 'vsmcp.yaml'));
  };
  const told = (pattern: RegExp) =>
    until(() => pattern.test(up.output()), { timeout: 20_000, what: `it is told: ${pattern}` }).catch((error: Error) =>
      assert.fail(`${error.message}\n${up.output()}`),
    );
  const units = `${CONFIG.slice(0, CONFIG.indexOf('pain:'))}  late: { responses: { late.one: noted } }\n`;
  await write(units);
  await told(/vsmcp\.yaml: units are as it says \(set: late\)\n +a restart is needed for what it says of pain/);
  await seen(/late +late\.one +noted/, 'units');
  await write(units.replace('late.one: noted', 'late.one: nted'));
  await told(
    /vsmcp\.yaml is refused, and the fleet goes on with what it has:\n +vsmcp\.yaml:\d+ units\.late\.responses\.late\.one: /,
  );
  assert.match(await ok('units'), /late +late\.one +noted/);
  const before = up.output().length;
  process.kill(up.pid, 'SIGHUP');
  await until(() => /vsmcp\.yaml is refused/.test(up.output().slice(before)), { what: 'SIGHUP has it read again' });
  await write(CONFIG);
  await told(/units are as it says \(removed: late\)/);
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
  await ok('events', 'publish', 'order.placed', '--id', 'o-9', '--data', '{"order":9}');
  await ok('events', 'publish', 'beat');
  await until(() => /order\.placed +1 waiting · nothing answers it/.test(up.output()), {
    timeout: 20_000,
    what: 'the gap is told',
  });
  await until(() => /backups +.*climbs to System 5.*(?:npx )?vsmcp algedonic ack/.test(up.output()), {
    timeout: 20_000,
    what: 'the pain is told',
  });
  assert.equal(await up.stop(), 0);
  assert.match(up.output(), /stopping …\n stopped\n$/);
});
