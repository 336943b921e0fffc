import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FleetConfig } from '@vsmcp/service';
import { SYSTEMS, VsmError } from '@vsmcp/vsm';
import {
  judgeBindings,
  judgeListeners,
  judgeOrder,
  judgeRights,
  judgeStanding,
  judgeVersion,
} from '../../src/doctor/broker.js';
import { judgeClock } from '../../src/doctor/clock.js';
import { unset } from '../../src/doctor/config.js';
import { judgeConfinement } from '../../src/doctor/confinement.js';
import { judgeCookie } from '../../src/doctor/cookie.js';
import { judgeHolder, judgeSchema } from '../../src/doctor/database.js';
import type { Finding } from '../../src/doctor/finding.js';
import { listenersIn } from '../../src/doctor/listener.js';
import { judgeNode } from '../../src/doctor/node.js';
import { judgeOffline } from '../../src/doctor/npm.js';
import { mendOfConnection, mendOfDatabase } from '../../src/doctor/refusals.js';

const states = (...findings: Finding[]) => findings.map(({ state }) => state).join(' ');

test('Node.js from 20.19 on will do', () => {
  const versions = ['20.19.0', '24.1.0', '22.0.0', '20.18.9', '18.20.1'].map(judgeNode);
  assert.equal(states(...versions), 'ok ok ok broken broken');
});

test('RabbitMQ from 3.10 on will do', () => {
  const of = (product: string, version: string) => judgeVersion({ product, version });
  assert.equal(
    states(of('RabbitMQ', '3.10.8'), of('RabbitMQ', '4.0.0'), of('RabbitMQ', '3.9.29'), of('LavinMQ', '2.0')),
    'ok ok broken warning',
  );
});

test('rights: one user for the whole fleet needs all, a user for each system its own', () => {
  const all = { declare: true, as: [...SYSTEMS] };
  const one = { declare: false, as: ['s1' as const] };
  const rights = [judgeRights('vsm', all, true), judgeRights('vsm', one, true), judgeRights('vsm', one, false)];
  assert.equal(states(...rights, judgeRights('vsm', { declare: true, as: [] }, false)), 'ok warning ok broken');
});

test('what is missing on a broker matters when something stands, or when nobody may declare it', () => {
  const queue = { name: 'vsm.s1.work', messages: 0, consumers: 0 };
  const some = { missing: ['vsm.s3.report'], different: [], queues: [queue] };
  assert.equal(states(...judgeStanding('vsm', { missing: [], different: [], queues: [queue] }, true)), 'ok');
  assert.equal(states(...judgeStanding('vsm', { ...some, queues: [] }, true)), 'ok');
  assert.equal(states(...judgeStanding('vsm', some, true)), 'warning');
  assert.equal(states(...judgeStanding('vsm', { ...some, different: undefined }, false)), 'broken');
  assert.equal(states(...judgeStanding('vsm', { ...some, different: ['vsm.s1.work'] }, true)), 'warning warning');
});

test('bindings of queues that are missing are not told a second time', () => {
  const missing = { what: 'binding', how: 'missing', name: 'vsm.report → vsm.s3.report (#)' } as const;
  assert.equal(states(judgeBindings('vsm', [], new Set())), 'ok');
  assert.equal(states(judgeBindings('vsm', [missing], new Set())), 'broken');
  assert.equal(states(judgeBindings('vsm', [missing], new Set(['vsm.s3.report']))), 'ok');
  assert.equal(states(judgeBindings('vsm', [{ ...missing, how: 'extra' }], new Set())), 'warning');
});

test('partitions: a broker that cannot hash has one, and so has one that could not when the fleet began', () => {
  const wanted = { name: 'vsm.ordered', type: 'x-consistent-hash' };
  const old = { what: 'exchange', how: 'different', name: 'vsm.ordered', wanted } as const;
  const judged = [judgeOrder({ hash: true }, []), judgeOrder({ hash: false }, []), judgeOrder({ hash: true }, [old])];
  assert.equal(states(...judged), 'ok warning warning');
  assert.match(judged[2]?.mend ?? '', /delete vsm\.ordered/);
});

test('a queue that nobody listens on is broken only while a fleet runs; delay queues have no listeners', () => {
  const queues = [
    { name: 'vsm.s1.work', messages: 2, consumers: 0 },
    { name: 'vsm.retry.1s.s1.work', messages: 1, consumers: 0 },
    { name: 'vsm.s5.query', messages: 0, consumers: 1 },
  ];
  const standing = { missing: [], different: [], queues };
  assert.equal(states(judgeListeners('vsm', standing, false)), 'none');
  const deaf = judgeListeners('vsm', standing, true);
  assert.equal(deaf.state, 'broken');
  assert.match(deaf.what, /vsm\.s1\.work \(2\)$/);
  assert.match(deaf.mend ?? '', /start what is missing: s1;/);
});

test('a database: another fleet’s, a newer release’s, one to be filled, one that may not be', () => {
  const schema = { version: '15.3', step: 2, path: 'vsm', may: true };
  assert.equal(states(judgeSchema('PostgreSQL', schema, 'vsm', 2)), 'ok');
  assert.equal(states(judgeSchema('PostgreSQL', schema, 'west', 2)), 'broken');
  assert.equal(states(judgeSchema('PostgreSQL', { ...schema, step: 9 }, 'vsm', 2)), 'warning');
  assert.match(
    judgeSchema('PostgreSQL', { ...schema, step: null, path: null }, 'vsm', 2).what,
    /empty: the next start/,
  );
  assert.equal(
    states(judgeSchema('PostgreSQL', { ...schema, step: null, path: null, may: false }, 'vsm', 2)),
    'broken',
  );
  assert.equal(states(judgeHolder('/d', { pid: 7, file: '/.d.lock' }, true)), 'ok');
  assert.match(judgeHolder('/d', { pid: 7, file: '/.d.lock' }, false).mend ?? '', /kill 7.*delete \/\.d\.lock/);
});

test('confinement: what is missing for more, and less than policy wants', () => {
  const rungs = (best: number) =>
    (['bubblewrap', 'namespace', 'permission', 'none'] as const).map((rung, i) =>
      i >= best
        ? { rung, reached: rung, ok: true, gaps: ['network' as const, 'hosts' as const] }
        : { rung, reached: 'none' as const, ok: false, why: `no ${rung}`, gaps: [] },
    );
  assert.equal(states(...judgeConfinement(rungs(0))), 'ok none none');
  const second = judgeConfinement(rungs(1));
  assert.equal(states(...second), 'ok none none');
  assert.match(second[0]?.what ?? '', /stronger: bubblewrap: no bubblewrap/);
  const third = judgeConfinement(rungs(2));
  assert.equal(states(...third), 'warning none none');
  assert.match(third[1]?.what ?? '', /permission does not hold: the network/);
  assert.equal(states(...judgeConfinement(rungs(2), 'permission')), 'ok none none');
  const hosted = judgeConfinement(rungs(2), 'permission', ['weather']);
  assert.equal(states(...hosted), 'ok warning none none');
  assert.match(hosted[1]?.what ?? '', /weather may reach some hosts, and permission does not hold them to these/);
});

test('confinement: what was seen to hold counts, not what a rung is called', () => {
  const bubblewrap = { rung: 'bubblewrap' as const, ok: true, gaps: ['settings' as const] };
  const [found] = judgeConfinement([{ ...bubblewrap, reached: 'permission' }], 'namespace');
  assert.equal(found?.state, 'warning');
  assert.match(
    found?.what ?? '',
    /confined by bubblewrap, which amounts to permission here, and policy wants at least namespace/,
  );
  assert.equal(states(...judgeConfinement([{ ...bubblewrap, reached: 'namespace' }], 'namespace')), 'ok none');
});

test('clocks: what the way takes is not a difference', () => {
  assert.equal(
    states(judgeClock('x', 900, 10), judgeClock('x', 2600, 700), judgeClock('x', -9000, 10)),
    'ok ok warning',
  );
  assert.match(judgeClock("the database's", -9000, 10).what, /^9\.0 s ahead of the database's/);
});

test('without a registry of npm, what is installed runs, and what is not does not', () => {
  assert.equal(states(judgeOffline('11', 'away', []), judgeOffline('11', 'away', ['memory'])), 'warning broken');
});

test('variables that servers and units want and that are not set', () => {
  const config = FleetConfig.parse({
    units: { east: { absorbs: 'e.#', system: { path: 'east', broker: { from: 'EAST' }, cookie: { from: 'KEY' } } } },
    servers: { gh: { npm: 'time-mcp@1.0.6', args: [{ from: 'A' }], env: { T: { from: 'B' }, L: 'text' } } },
  });
  assert.deepEqual(
    unset(config, { A: 'x' }).map(({ what }) => what),
    [
      'server gh wants B, which is not set',
      'unit east wants EAST for its broker, which is not set',
      'unit east wants KEY for its cookie, which is not set',
    ],
  );
});

test('who listens on a port, from /proc/net/tcp', () => {
  const text = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:0FAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1',
    '   1: 0100007F:0FAA 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1',
    '   2: 0100007F:0FAB 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1',
  ].join('\n');
  assert.deepEqual(listenersIn(text, 4010), ['4711']);
});

test('each way of not being let in has a mend of its own, told by its class and not by its words', () => {
  const refused = (code: 'VSM_BROKER' | 'VSM_DATABASE', trouble: string) => new VsmError(code, 'no', { trouble });
  const broker = ['refused', 'unknown-host', 'login', 'vhost', 'unreachable', 'tls', 'other'];
  const mends = broker.map((trouble) => mendOfConnection(refused('VSM_BROKER', trouble)));
  assert.equal(new Set(mends).size, broker.length);
  assert.equal(mendOfConnection(new Error('ECONNREFUSED')), mends.at(-1));
  const database = ['refused', 'unknown-host', 'login', 'no-database', 'unreachable', 'other'];
  assert.equal(
    new Set(database.map((trouble) => mendOfDatabase(refused('VSM_DATABASE', trouble)))).size,
    database.length,
  );
});

test('a cookie is long, where there is one; in memory there needs none to be', () => {
  const long = 'x'.repeat(32);
  const cookies = [[], [long], [long, long], ['short'], [long, 'short']];
  assert.equal(states(...cookies.map((secrets) => judgeCookie(secrets, true))), 'none ok ok warning warning');
  assert.equal(states(judgeCookie(['short'], false)), 'none');
  const found = judgeCookie(['geheim'], true);
  assert.doesNotMatch(JSON.stringify(found), /geheim/);
});
