import { Worker } from 'node:worker_threads';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Database, DatabaseAddress } from '../database/database.js';
import type { Log } from '../log.js';
import { LoopDelay } from './delay.js';
import type { Claimed } from './lease.js';
import { Renewal, TAKEN } from './renewal.js';
import type { HeldLease, Renewer } from './renewer.js';
import type { FromThread, ThreadStart, ToThread } from './thread-messages.js';
import { monotonicTime, SharedInstant } from './timing.js';

/** The thread's file, always as it is compiled: a TypeScript loader of the process does not reach into its threads. */
const FILE = new URL(
  `${import.meta.url.endsWith('.ts') ? '../../dist/leadership' : '.'}/renewing-thread.js`,
  import.meta.url,
);
/** ms between two signs of life of the deciding thread. */
const SIGN = 500;
/** ms before a thread that ended is started again. */
const AGAIN = 500;
/** ms that a thread has to close its connection. */
const CLOSING = 2000;

/** `threadId` of a worker that has ended. */
const ENDED = -1;

interface Held {
  lease: Claimed & { margin: number };
  until: SharedInstant;
  taken: () => void;
}

interface Asked {
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * Renews on a thread of its own, which is started again when it ends; on this one as long as the other is not ready.
 */
export class ThreadedRenewer implements Renewer {
  readonly #start: ThreadStart;
  readonly #log: Log;
  readonly #alive = new SharedInstant();
  readonly #delay = new SharedInstant();
  readonly #loop = new LoopDelay(monotonicTime());
  readonly #held = new Map<number, Held>();
  readonly #asked = new Map<number, Asked>();
  readonly #signing: NodeJS.Timeout;
  readonly #meanwhile: NodeJS.Timeout;
  readonly #here: Renewal;
  #ready = false;
  #worker: Worker;
  #ids = 0;
  #closed = false;

  constructor(database: Database, { url, schema }: DatabaseAddress, every: number, log: Log) {
    this.#log = log;
    const shared = { alive: this.#alive.buffer, delay: this.#delay.buffer };
    this.#start = { url, every, ...shared, ...(schema !== undefined && { schema }) };
    this.#sign();
    this.#signing = setInterval(() => this.#sign(), SIGN).unref();
    this.#here = new Renewal(database, { monotonic: monotonicTime, delay: () => this.#delay.ms });
    this.#meanwhile = setInterval(() => {
      if (!this.#ready) this.#here.run().catch(() => undefined); // who holds a lease looks at its end
    }, every).unref();
    this.#worker = this.#open();
  }

  hold(lease: Claimed & { margin: number }, until: number, taken: () => void): HeldLease {
    const id = ++this.#ids;
    const shared = new SharedInstant();
    shared.ms = until;
    this.#held.set(id, { lease, until: shared, taken });
    this.#tell({ do: 'hold', id, lease, until: shared.buffer });
    const confirmed = (at: number) => {
      shared.ms = at;
      if (at === TAKEN && this.#held.delete(id)) taken();
    };
    this.#here.add(id, { ...lease, confirmed });
    return {
      get until() {
        return shared.ms;
      },
      confirm: () => (this.#ready ? this.#confirm() : this.#here.run()),
      drop: () => {
        this.#held.delete(id);
        this.#here.drop(id);
        this.#tell({ do: 'drop', id });
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#signing);
    clearInterval(this.#meanwhile);
    this.#loop.close();
    const worker = this.#worker;
    if (worker.threadId === ENDED) return;
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#tell({ do: 'close' });
    const late = setTimeout(() => void worker.terminate(), CLOSING);
    await ended;
    clearTimeout(late);
  }

  #sign(): void {
    const now = monotonicTime();
    this.#alive.ms = now;
    this.#delay.ms = this.#loop.read(now);
  }

  #open(): Worker {
    const worker = new Worker(FILE, { workerData: this.#start, name: 'leases', execArgv: [] });
    worker.unref();
    worker.on('message', (message: FromThread) => this.#heard(message));
    worker.on('error', (error) => this.#log.error({ error }, `renewing leases failed: ${reasonOf(error)}`));
    worker.once('exit', () => this.#ended());
    return worker;
  }

  /** Leases that it held are held on by the next one, unless they lapse before. */
  #ended(): void {
    this.#ready = false;
    for (const { reject } of this.#asked.values())
      reject(new VsmError('VSM_DATABASE', 'leases: the thread that renews them ended'));
    this.#asked.clear();
    if (this.#closed) return;
    this.#log.warn({ leases: this.#held.size }, 'the thread that renews leases ended: another is started');
    setTimeout(() => {
      if (this.#closed) return;
      this.#worker = this.#open();
      for (const [id, { lease, until }] of this.#held) this.#tell({ do: 'hold', id, lease, until: until.buffer });
    }, AGAIN).unref();
  }

  #heard(message: FromThread): void {
    if (message.say === 'ready') this.#ready = true;
    if (message.say === 'taken') this.#taken(message.id);
    if (message.say === 'confirmed') this.#answered(message);
    if (message.say === 'broken')
      this.#log.warn({ reason: message.reason }, 'leases were not renewed: it is tried again');
  }

  #taken(id: number): void {
    const held = this.#held.get(id);
    this.#held.delete(id);
    this.#here.drop(id);
    held?.taken();
  }

  #answered({ question, failed }: Extract<FromThread, { say: 'confirmed' }>): void {
    const asked = this.#asked.get(question);
    this.#asked.delete(question);
    if (failed === undefined) asked?.resolve();
    else asked?.reject(new VsmError('VSM_DATABASE', failed));
  }

  #confirm(): Promise<void> {
    const question = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#asked.set(question, { resolve, reject });
      this.#tell({ do: 'confirm', question });
    });
  }

  #tell(message: ToThread): void {
    this.#worker.postMessage(message);
  }
}
