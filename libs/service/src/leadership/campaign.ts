import { type Clock, reasonOf } from '@vsmcp/vsm';
import type { Log } from '../log.js';
import type { Lead, Leadership, Led, LossCause } from './leadership.js';
import type { Lease } from './lease.js';
import { TAKEN } from './renewal.js';
import type { HeldLease, Renewer } from './renewer.js';
import type { LeaseTiming } from './timing.js';

/** How long beyond the lease's life one that could not lead waits before it tries again (ms). */
const REST = 2000;
/** How long what was paused waits for its lease (ms): as long as a database takes to start again. */
const LONGEST_PAUSE = 30_000;

export interface CampaignOptions {
  clock: Clock;
  log: Log;
  /** Milliseconds on a clock that nobody sets. */
  monotonic: () => number;
  timing: LeaseTiming;
  renewer: Renewer;
  /** ms that the database may take to confirm a lease at its end; for ever where nobody else can reach it. */
  patience: number;
  /** Told of each lease that is lost. */
  lost: (name: string, cause: LossCause) => void;
}

/**
 * Asks for the lease until it has it, and leads while the lease is confirmed. At the end of what was confirmed it asks
 * the database once more before it gives up: a thread that was blocked, or a process that was stopped, is only late,
 * and keeps a lease that nobody took. Until the database has answered it does not lead.
 */
export class Campaign implements Leadership {
  readonly #lease: Lease;
  readonly #lead: Lead;
  readonly #options: CampaignOptions;
  readonly #stopTicking: () => void;
  /** Callbacks run one after another. */
  #callbacks: Promise<void> = Promise.resolve();
  #step: Promise<void> | undefined;
  #held: HeldLease | undefined;
  #led: Partial<Led> = {};
  /** Since when (monotonic) what it leads waits for the lease to be confirmed. */
  #pausedSince: number | undefined;
  #doubting: Promise<void> | undefined;
  /** Lets others try until then, on the monotonic clock. */
  #restsUntil = 0;
  #ticked: number;
  #epoch = 0;
  #cancelDeadline = () => {};
  #unreachable = false;
  #stopped = false;

  constructor(lease: Lease, lead: Lead, options: CampaignOptions) {
    this.#lease = lease;
    this.#lead = lead;
    this.#options = options;
    this.#ticked = options.monotonic();
    this.#stopTicking = options.clock.every(options.timing.renew, () => this.#tick());
    this.#tick();
  }

  get leading(): boolean {
    return !this.#stopped && this.confirmed;
  }

  /** True also while it stops: it ends what it led before it gives the lease back. */
  get confirmed(): boolean {
    const held = this.#held;
    return held !== undefined && this.#pausedSince === undefined && this.#options.monotonic() < held.until;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** True as `confirmed`; where that has ended, after the database was asked once more. */
  async confirmedAgain(): Promise<boolean> {
    this.#look();
    await this.#doubting;
    return this.confirmed;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopTicking();
    this.#cancelDeadline();
    await this.#step;
    const held = this.#held;
    if (held !== undefined) this.#end('it stops');
    await this.#callbacks;
    this.#held = undefined;
    held?.drop();
    if (held === undefined || this.#options.monotonic() >= held.until) return;
    try {
      await this.#lease.giveBack(this.#epoch);
    } catch (error) {
      const fields = { lease: this.#lease.name, error };
      this.#options.log.warn(fields, 'the lease could not be given back; it lapses by itself');
    }
  }

  #tick(): void {
    const { monotonic, timing } = this.#options;
    const now = monotonic();
    // One whose own thread was blocked lets the holder go first, who may have been blocked with it.
    const late = now - this.#ticked > 2 * timing.renew;
    this.#ticked = now;
    if (this.#held !== undefined) this.#look();
    if (this.#held || this.#step || this.#stopped || late || now < this.#restsUntil) return;
    this.#step = this.#acquire()
      .then(() => this.#reached())
      .catch((error: unknown) => this.#unreached(error))
      .finally(() => {
        this.#step = undefined;
      });
  }

  async #acquire(): Promise<void> {
    const { monotonic, timing, renewer } = this.#options;
    await this.#callbacks; // what it led before has ended
    const until = monotonic() + timing.ttl - timing.margin;
    const { won, epoch } = await this.#lease.acquire(timing.ttl);
    this.#epoch = epoch;
    if (!won) return;
    if (this.#stopped) return this.#lease.giveBack(epoch);
    const claimed = { name: this.#lease.name, holder: this.#lease.holder, epoch, ...timing };
    const held = renewer.hold(claimed, until, () => this.#look());
    try {
      if (monotonic() >= until) await held.confirm(); // it learned so late that another may have it
    } catch (error) {
      held.drop();
      throw error;
    }
    if (monotonic() < held.until) this.#begin(held, epoch);
    else held.drop();
  }

  #begin(held: HeldLease, epoch: number): void {
    const { log, monotonic, timing } = this.#options;
    const name = this.#lease.name;
    this.#held = held;
    this.#watch(held);
    log.info({ lease: name, epoch }, 'leads');
    this.#then('leading', async () => {
      if (this.#held !== held || this.#stopped) return;
      try {
        const led = await this.#lead(epoch);
        this.#led = typeof led === 'function' ? { end: led } : led;
      } catch (error) {
        log.error({ lease: name, epoch, error }, `could not lead: ${reasonOf(error)}; another may`);
        this.#giveUp('it could not lead');
        // The lease is left to lapse, and the next one to somebody else.
        this.#restsUntil = monotonic() + timing.ttl + REST;
      }
    });
  }

  /** Looks again at the end of what is confirmed. */
  #watch(held: HeldLease): void {
    const { clock, monotonic } = this.#options;
    this.#cancelDeadline();
    this.#cancelDeadline = clock.after(Math.max(0, held.until - monotonic()), () => this.#look());
  }

  #look(): void {
    const held = this.#held;
    if (held === undefined || this.#stopped || this.#doubting) return;
    const now = this.#options.monotonic();
    if (held.until === TAKEN) this.#lose('taken');
    else if (now < held.until) this.#goOn(held);
    else if (this.#pausedSince === undefined) this.#doubting = this.#doubt(held);
    else if (now - this.#pausedSince > LONGEST_PAUSE) this.#giveUp('its lease was not confirmed again');
  }

  /** The confirmed time has ended: the database is asked once more. */
  async #doubt(held: HeldLease): Promise<void> {
    const answered = await this.#answered(held.confirm());
    this.#doubting = undefined;
    if (this.#held !== held) return;
    if (answered || this.confirmed) this.#look();
    else this.#lose('late');
  }

  #answered(confirming: Promise<void>): Promise<boolean> {
    const { clock, patience } = this.#options;
    return new Promise((resolve) => {
      const cancel = Number.isFinite(patience) ? clock.after(patience, () => resolve(false)) : () => {};
      confirming
        .then(() => resolve(true))
        .catch(() => resolve(false)) // the reason is logged where it is renewed
        .finally(cancel);
    });
  }

  #goOn(held: HeldLease): void {
    this.#watch(held);
    if (this.#pausedSince === undefined) return;
    this.#pausedSince = undefined;
    this.#options.log.info({ lease: this.#lease.name, epoch: this.#epoch }, 'leads again: nobody had its lease');
    this.#then('resuming', async () => this.#led.resume?.());
  }

  #lose(cause: LossCause): void {
    const { log, monotonic, lost } = this.#options;
    if (this.#pausedSince === undefined) lost(this.#lease.name, cause);
    const because = cause === 'taken' ? 'another has its lease' : 'its lease could not be renewed in time';
    const { pause } = this.#led;
    if (cause === 'taken' || pause === undefined) {
      this.#giveUp(because);
      return;
    }
    this.#pausedSince = monotonic();
    log.info({ lease: this.#lease.name, epoch: this.#epoch, because }, 'waits for its lease');
    this.#then('pausing', pause);
  }

  #giveUp(because: string): void {
    this.#cancelDeadline();
    this.#held?.drop();
    this.#held = undefined;
    this.#pausedSince = undefined;
    this.#end(because);
  }

  #end(because: string): void {
    this.#options.log.info({ lease: this.#lease.name, epoch: this.#epoch, because }, 'leads no more');
    this.#then('stopping', async () => {
      const { end } = this.#led;
      this.#led = {};
      await end?.();
    });
  }

  #then(what: string, callback: () => Promise<void>): void {
    this.#callbacks = this.#callbacks.then(callback).catch((error: unknown) => {
      this.#options.log.error({ lease: this.#lease.name, error }, `${what} failed: ${reasonOf(error)}`);
    });
  }

  #reached(): void {
    if (this.#unreachable) this.#options.log.info({ lease: this.#lease.name }, 'the database answers again');
    this.#unreachable = false;
  }

  #unreached(error: unknown): void {
    const { log } = this.#options;
    if (!this.#unreachable) log.warn({ lease: this.#lease.name, error }, 'no campaign: the database does not answer');
    this.#unreachable = true;
  }
}
