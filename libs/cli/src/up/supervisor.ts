import { type Clock, reasonOf } from '@vsmcp/vsm';
import { afterFailure, RESTARTS, type RestartPolicy } from './restarts.js';

/** A child of the supervisor: a service in this process, or a process. */
export interface Child {
  readonly name: string;
  /**
   * Resolves with what runs; rejects when it does not start, and soon after `stopping` when it waits for something
   * then.
   */
  start(stopping: AbortSignal): Promise<Running>;
}

/** How a child ended, on one line, and what else may help to see why. */
export interface End {
  how: string;
  details?: string;
}

export interface Running {
  /** Resolves when it has ended. */
  readonly ended: Promise<End>;
  /** Lets it finish what is in flight, for at most so many ms. */
  stop(within: number): Promise<void>;
  /** Ends it now. */
  kill(): void;
}

export interface SupervisorOptions {
  clock: Clock;
  /** Gets what people should know: a restart, a child given up. */
  say: (text: string) => void;
  policy?: RestartPolicy;
}

/**
 * Keeps children running: a child that fails is started again, after a growing wait; one that keeps failing is given
 * up, and with it the fleet, because one without all of its systems is not viable.
 */
export class Supervisor {
  readonly #children: readonly Supervised[];
  readonly #options: SupervisorOptions;
  /** Resolves with the reason when a child is given up. */
  readonly gaveUp: Promise<string>;

  /** @param children in the order in which they start; they stop in the reverse order */
  constructor(children: readonly Child[], options: SupervisorOptions) {
    const { clock, say, policy = RESTARTS } = options;
    this.#options = options;
    let giveUp: (reason: string) => void = () => {};
    this.gaveUp = new Promise((resolve) => {
      giveUp = resolve;
    });
    this.#children = children.map((child) => new Supervised(child, { clock, say, policy }, giveUp));
  }

  /** Resolves when every child runs; rejects with VSM_CONFIG or the like when one is given up before that. */
  async start(): Promise<void> {
    for (const child of this.#children) await child.start();
  }

  /**
   * Stops the children one after another, so that each can still speak with those that stop later. One that takes so
   * long that those after it would have no time left is not waited for; at the end of `within` (ms) the ones that still
   * run are ended, which is said.
   */
  async stop(within: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + within;
    const reserve = within / (4 * Math.max(1, this.#children.length));
    for (const child of this.#children) child.expectEnd();
    const left = new Set([...this.#children].reverse());
    const stopping: Promise<unknown>[] = [];
    for (const [i, child] of [...left].entries()) {
      const share = Math.max(0, until - clock.now() - reserve * (this.#children.length - i - 1));
      const stopped = child.stop(share).then(() => left.delete(child));
      stopping.push(stopped);
      await Promise.race([stopped, this.#passed(share)]);
    }
    await Promise.race([Promise.all(stopping), this.#passed(Math.max(0, until - clock.now()))]);
    if (left.size === 0) return;
    const names = [...left].map(({ name }) => name).join(', ');
    this.#options.say(`${names}: not done within ${within / 1000} s and ended; what was in flight comes again`);
    for (const child of left) child.kill();
  }

  /** Ends everything at once. */
  kill(): void {
    for (const child of this.#children) child.kill();
  }

  #passed(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(ms, resolve));
  }
}

class Supervised {
  readonly #child: Child;
  readonly #options: Required<SupervisorOptions>;
  readonly #giveUp: (reason: string) => void;
  #failures: readonly number[] = [];
  #running: Running | undefined;
  #starting: Promise<void> | undefined;
  #cancel = () => {};
  readonly #over = new AbortController();

  constructor(child: Child, options: Required<SupervisorOptions>, giveUp: (reason: string) => void) {
    this.#child = child;
    this.#options = options;
    this.#giveUp = giveUp;
  }

  get name(): string {
    return this.#child.name;
  }

  /** Resolves when it runs, however many attempts that takes; rejects when it is given up. */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      let running: Running;
      try {
        running = await this.#child.start(signal);
      } catch (error) {
        if (signal.aborted) return;
        const wait = this.#failed({ how: reasonOf(error) });
        if (wait === undefined) throw error;
        await this.#wait(wait);
        continue;
      }
      this.#running = running;
      void running.ended.then((end) => this.#ended(end));
      return;
    }
  }

  expectEnd(): void {
    this.#over.abort();
    this.#cancel();
  }

  /** Ends it, also one that is only starting. */
  async stop(within: number): Promise<void> {
    try {
      await this.#starting?.catch(() => {}); // that it did not start has been said
      await this.#running?.stop(within);
    } catch (error) {
      this.#options.say(`${this.#child.name} did not stop cleanly: ${reasonOf(error)}`);
    }
  }

  kill(): void {
    this.expectEnd();
    this.#running?.kill();
  }

  #ended(end: End): void {
    if (this.#over.signal.aborted) return;
    this.#running = undefined;
    const wait = this.#failed(end);
    if (wait === undefined) return;
    void this.#wait(wait)
      .then(() => this.start())
      .catch(() => {}); // given up, which has been said
  }

  /** @returns ms to wait before the next start, or undefined when there shall be none */
  #failed({ how, details }: End): number | undefined {
    const { clock, policy, say } = this.#options;
    const fate = afterFailure(this.#failures, clock.now(), policy);
    this.#failures = fate.failures;
    if (fate.fate === 'restart') {
      say(`${this.#child.name} ended: ${how}; starting it again in ${fate.after} ms`);
      return fate.after;
    }
    const within = `${fate.failures.length} times within ${policy.within / 1000} s`;
    this.#giveUp(`${this.#child.name} failed ${within} and is given up: ${how}${details ? `\n${details}` : ''}`);
    return undefined;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancelTimer = this.#options.clock.after(ms, resolve);
      this.#cancel = () => {
        cancelTimer();
        resolve();
      };
    });
  }
}
