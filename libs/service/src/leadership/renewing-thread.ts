/**
 * The thread that renews the leases of a process, on a database connection of its own: however long the deciding thread
 * is busy, its leases stay. It holds nothing itself: it writes into shared memory until when each lease is confirmed. A
 * deciding thread that has not run for `PATIENCE` counts as stuck, and its leases are left to lapse.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from '@vsmcp/vsm';
import { openPostgres } from '../database/postgres.js';
import { Renewal, TAKEN } from './renewal.js';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.js';
import { monotonicTime, SharedInstant } from './timing.js';

/** ms. Longer than any work of a healthy leader, short enough that a stuck one is replaced. */
const PATIENCE = 30_000;
/** ms, at least, that the database has to answer before its connection is given up. */
const TIMEOUT = 1000;

const port = parentPort;
if (port === null) throw new Error('this file is started as a thread by leadership/threaded.ts');

const start: ThreadStart = workerData;
const alive = new SharedInstant(start.alive);
const longer = new SharedInstant(start.delay);
const say = (message: FromThread) => port.postMessage(message);
const log = { warn: (fields: object, text: string) => say({ say: 'broken', reason: reasonIn(fields) ?? text }) };
const database = openPostgres(start.url, {
  pool: 1,
  application: 'vsmcp leases',
  log,
  timeout: Math.max(TIMEOUT, start.every),
  ...(start.schema !== undefined && { schema: start.schema }),
});
const renewal = new Renewal(database, { monotonic: monotonicTime, delay: () => Math.round(longer.ms) });

let ready = false;

const renewing = setInterval(() => void renewAll(), start.every);
void renewAll();

async function renewAll(): Promise<void> {
  if (monotonicTime() - alive.ms > PATIENCE) return;
  try {
    if (!ready) await database.query('-- is it there\nSELECT 1');
    if (!ready) say({ say: 'ready' });
    ready = true;
    await renewal.run();
  } catch (error) {
    say({ say: 'broken', reason: reasonOf(error) });
  }
}

port.on('message', (message: ToThread) => {
  switch (message.do) {
    case 'hold': {
      const { id, lease } = message;
      const until = new SharedInstant(message.until);
      const confirmed = (at: number) => {
        until.ms = at;
        if (at === TAKEN) say({ say: 'taken', id });
      };
      return renewal.add(id, { ...lease, confirmed });
    }
    case 'drop':
      return renewal.drop(message.id);
    case 'confirm':
      return void confirm(message.question);
    case 'close':
      return void close();
  }
});

async function confirm(question: number): Promise<void> {
  try {
    await renewal.run();
    say({ say: 'confirmed', question });
  } catch (error) {
    say({ say: 'confirmed', question, failed: reasonOf(error) });
  }
}

/** The thread ends when nothing is left to do on it. */
async function close(): Promise<void> {
  clearInterval(renewing);
  port?.close();
  await database.close();
}

function reasonIn(fields: object): string | undefined {
  return 'error' in fields ? reasonOf(fields.error) : undefined;
}
