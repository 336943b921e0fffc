import { type Clock, reasonOf } from '@vsmcp/vsm';
import { afterFailure, RESTARTS, type RestartPolicy } from './restarts.js';

/** What the supervisor keeps running: a service in this process, or a process. */
export interface Child {
  readonly name: string;
  /** Rejects, or resolves with what runs. */
  start(): Promise<Running>;
}

/** How a child ended, on one line, and what else may help to see why. */
export interface End {
  how: string;
  details?: string;
}

export interface Running {
  /** Resolves when it has ended. */
  readonly ended: Promise<End>;
  /** Lets it finish what is in flight. */
  stop(): Promise<void>;
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
 * Keeps children running: a child that fails is started again, after a growing wait; one that keeps failing is given up, and
 * with it the fleet, because one without all of its systems is not viable.
 */
export class Supervisor {
  readonly #children: readonly Supervised[];
  /** Resolves with the reason when a child is given up. */
  readonly gaveUp: Promise<string>;

  /** @param children in the order in which they start; they stop in the reverse order */
  constructor(children: readonly Child[], { clock, say, policy = RESTARTS }: SupervisorOptions) {
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

  /** Stops the children one after another, so that each can still speak with those that stop later. */
  async stop(): Promise<void> {
    for (const child of this.#children) child.expectEnd();
    for (const child of [...this.#children].reverse()) await child.stop();
  }

  /** Ends everything at once. */
  kill(): void {
    for (const child of this.#children) child.kill();
  }
}

class Supervised {
  readonly #child: Child;
  readonly #options: Required<SupervisorOptions>;
  readonly #giveUp: (reason: string) => void;
  #failures: readonly number[] = [];
  #running: Running | undefined;
  #ending = false;
  #cancel = () => {};

  constructor(child: Child, options: Required<SupervisorOptions>, giveUp: (reason: string) => void) {
    this.#child = child;
    this.#options = options;
    this.#giveUp = giveUp;
  }

  /** Resolves when it runs, however many attempts that takes; rejects when it is given up. */
  async start(): Promise<void> {
    while (!this.#ending) {
      let running: Running;
      try {
        running = await this.#child.start();
      } catch (error) {
        if (this.#ending) return;
        const wait = this.#failed({ how: reasonOf(error) });
        if (wait === undefined) throw error;
        await this.#wait(wait);
        continue;
      }
      if (this.#ending) return running.stop(); // told to stop while it was starting
      this.#running = running;
      void running.ended.then((end) => this.#ended(end));
      return;
    }
  }

  expectEnd(): void {
    this.#ending = true;
    this.#cancel();
  }

  async stop(): Promise<void> {
    try {
      await this.#running?.stop();
    } catch (error) {
      this.#options.say(`${this.#child.name} did not stop cleanly: ${reasonOf(error)}`);
    }
  }

  kill(): void {
    this.expectEnd();
    this.#running?.kill();
  }

  #ended(end: End): void {
    if (this.#ending) return;
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
