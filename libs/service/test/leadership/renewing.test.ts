import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { openTestPostgres } from '../../../../test/support/postgres.js';
import { until } from '../../../../test/support/until.js';
import {
  type Database,
  type LeadershipOptions,
  type Leaderships,
  openLeaderships,
  openLog,
  openPostgres,
  openState,
  realClock,
} from '../../src/index.js';

const HOLDER = fileURLToPath(new URL('../support/holder.ts', import.meta.url));
const log = openLog('silent');
/** ms */
const SHORT = { ttl: 3000, renew: 500, margin: 1000 };

/** A holder's words of itself. */
interface View {
  leading: number;
  epochs: number[];
  lost: string[];
  ended: string[];
  acted: number;
  refused: string;
}

describe('leases are renewed off the deciding thread', async () => {
  const postgres = await openTestPostgres();
  if (!postgres) return;
  const database = openPostgres(postgres.url, { log });
  const children: ChildProcess[] = [];
  before(() => openState(database, 'vsm', realClock));
  after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await database.close();
    await postgres.stop();
  });

  const holder = async (names: readonly string[], timing: object = {}) => {
    const args = [postgres.url, names.join(','), JSON.stringify(timing)];
    const child = fork(HOLDER, args, { execArgv: ['--import', 'tsx', '-C', 'source'] });
    children.push(child);
    await once(child, 'message');
    const tell = async (told: { block?: number; append?: string } = {}): Promise<View> => {
      child.send(told);
      const [view] = await once(child, 'message');
      return view;
    };
    await until(async () => (await tell()).leading === names.length, { timeout: 30_000, what: 'it leads all' });
    return { tell, signal: (signal: NodeJS.Signals) => child.kill(signal) };
  };

  it('a leader whose thread is blocked for 10 s keeps every lease, though another campaigns', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `server:s${n}`);
    const busy = await holder(names);
    const rival = openRival(database);
    const campaigns = names.map((name) => rival.campaign(name, async () => async () => {}));
    await until(() => campaigns.every(({ epoch }) => epoch === 1), { what: 'the rival has tried' });
    const { leading, lost, ended } = await busy.tell({ block: 10_000 });
    assert.deepEqual([leading, lost, ended], [names.length, [], []], 'it leads at the instant it goes on');
    const later = await busy.tell();
    assert.deepEqual([later.leading, later.lost, new Set(later.epochs)], [names.length, [], new Set([1])]);
    assert.deepEqual(campaigns.map(({ leading }) => leading).filter(Boolean), []);
    await rival.stop();
    busy.signal('SIGKILL');
  });

  it('a leader that was stopped for longer than its lease lives does nothing after another has it', async () => {
    const stopped = await holder(['s9'], SHORT);
    const rival = openRival(database, SHORT);
    let began = 0;
    const campaign = rival.campaign('s9', async () => {
      began = Date.now();
      return async () => {};
    });
    await until(() => campaign.epoch === 1, { what: 'the rival has tried' });
    stopped.signal('SIGSTOP');
    await until(() => campaign.leading && began > 0, { timeout: 60_000, what: 'the rival leads' });
    stopped.signal('SIGCONT');
    const { acted, leading, refused } = await stopped.tell({ append: 's9' });
    assert.equal(leading, 0);
    assert.ok(acted < began, `it acted at ${acted}, the other began at ${began}`);
    assert.match(refused, /s9 is led in epoch 2, an append of epoch 1 is refused/);
    const { lost, ended } = await until(async () => {
      const view = await stopped.tell();
      return view.ended.length > 0 && view;
    });
    assert.deepEqual([lost.length, ended], [1, ['s9']]);
    await rival.stop();
    stopped.signal('SIGKILL');
  });

  it('a connection that is cut and a thread that dies cost no lease', async () => {
    const workers: Worker[] = [];
    const keep = (worker: Worker) => workers.push(worker);
    process.on('worker', keep);
    const lost: string[] = [];
    const own = openRival(openDatabase(postgres.url, after), { lost: (name) => lost.push(name) });
    const campaign = own.campaign('s8', async () => async () => {});
    await until(() => campaign.leading);
    const renewed = async () => {
      const before = await expires(database, 's8');
      await until(async () => (await expires(database, 's8')) !== before, { what: 'it is renewed' });
    };
    await renewed();
    const cut = await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vsmcp leases' AND datname = current_database()`,
    );
    assert.ok(cut.length > 0, 'the thread has a connection of its own');
    await renewed();
    await workers.at(-1)?.terminate();
    await renewed();
    assert.equal(workers.length, 2, 'a thread that died is started again');
    assert.deepEqual([campaign.leading, campaign.epoch, lost], [true, 1, []]);
    process.off('worker', keep);
    await own.stop();
  });
});

function openRival(
  database: Database,
  options: Partial<LeadershipOptions> = {},
): Leaderships & { stop(): Promise<void> } {
  return openLeaderships(database, { holder: 'rival/1', clock: realClock, log, ...options });
}

function openDatabase(url: string, later: typeof after): Database {
  const database = openPostgres(url, { log });
  later(() => database.close());
  return database;
}

async function expires(database: Database, name: string): Promise<string | undefined> {
  const [row] = await database.query<{ expires: string }>(
    'SELECT expires::text AS expires FROM vsmcp_lease WHERE name = $1',
    [name],
  );
  return row?.expires;
}
