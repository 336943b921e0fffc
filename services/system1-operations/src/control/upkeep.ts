import type { ServiceContext } from '@vsmcp/service';
import { HeldReason } from '@vsmcp/vsm';

/**
 * How often (ms): capability rows are read anew, what was left behind is taken over, settled rows are forgotten and
 * held ones counted.
 */
const RELOAD = 30_000;
const TIDY = 5000;
const FORGET = 60_000;
const UNINSTALL = 3_600_000;

export interface Chores {
  /** Reads the capability rows and acts on them. */
  reload(): Promise<void>;
  tidy(): Promise<void>;
  /** Removes servers that are not used any more. */
  uninstall(): Promise<void>;
}

/** Chores, done again and again. None runs twice at a time, and one that fails is done at the next occasion. */
export class Upkeep {
  readonly #context: ServiceContext;
  readonly #chores: Chores;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  readonly #slower: number;
  #stops: (() => void)[] = [];
  #connected = true;

  /** @param slower how many times longer than usual the time is from one chore to the next */
  constructor(context: ServiceContext, chores: Chores, slower = 1) {
    this.#context = context;
    this.#chores = chores;
    this.#slower = slower;
  }

  start(): void {
    const every = (ms: number, chore: () => void) => this.#context.clock.every(ms * this.#slower, chore);
    this.#stops = [
      every(RELOAD, () => void this.reload()),
      every(TIDY, () => {
        void this.#once('tidy', () => this.#chores.tidy());
        this.#watchConnection();
      }),
      every(FORGET, () => void this.#once('forget', () => this.#forget())),
      every(UNINSTALL, () => void this.#once('uninstall', () => this.#chores.uninstall())),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#again.clear();
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Never rejects. Asked for while one is under way, another follows. */
  reload(): Promise<void> {
    return this.#once('reload', () => this.#chores.reload());
  }

  /** Broadcasts made while the broker was away were missed. */
  #watchConnection(): void {
    const connected = this.#context.bus.health().ok;
    if (connected && !this.#connected) void this.reload();
    this.#connected = connected;
  }

  async #forget(): Promise<void> {
    const { clock, config, ledger, metrics } = this.#context;
    await ledger.forget(clock.now() - config.settings.dedupe);
    const gauge = metrics.gauge('vsmcp_held_events', 'Events held in the ledger', ['reason']);
    for (const reason of HeldReason.options) {
      const { total } = await ledger.held({ reason, limit: 1 });
      gauge.set({ reason }, total);
    }
  }

  #once(name: string, chore: () => Promise<void>): Promise<void> {
    const running = this.#running.get(name);
    if (running !== undefined) {
      if (name === 'reload') this.#again.add(name);
      return running;
    }
    const run = async () => {
      do {
        this.#again.delete(name);
        try {
          await chore();
        } catch (error) {
          this.#context.log.warn({ chore: name, error }, 'failed; done again at the next occasion');
        }
      } while (this.#again.has(name));
    };
    const task = run().finally(() => this.#running.delete(name));
    this.#running.set(name, task);
    return task;
  }
}
