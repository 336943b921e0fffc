import { type Clock, reasonOf } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import type { Log } from '../log.js';
import type { Leadership, Leaderships } from './leadership.js';
import { holderOf, type Lease, type Now, openLease } from './lease.js';

/** How long beyond the lease's life one that could not lead waits before it tries again (ms). */
const REST = 2000;

export interface LeadershipOptions {
  /** `<instance>/<anything>`. Unlike any other process's, and unlike this instance's own before a restart. */
  holder: string;
  clock: Clock;
  log: Log;
  /** Milliseconds on a clock that nobody sets. */
  monotonic?: () => number;
  /** The clock that all holders share, where it is not the database's own: in a lab, whose time is not the machine's. */
  now?: Now;
  /** Life of a lease, how often it is renewed, and how long before its end the holder stops by itself (ms). */
  ttl?: number;
  renew?: number;
  margin?: number;
}

export interface OpenLeaderships extends Leaderships {
  /** Stops leading everywhere and gives the leases back. */
  stop(): Promise<void>;
}

export function openLeaderships(database: Database, options: LeadershipOptions): OpenLeaderships {
  const campaigns = new Set<Leadership>();
  return {
    campaign(name, lead) {
      const campaign = new Campaign(openLease(database, name, options.holder, options.now), name, lead, options);
      campaigns.add(campaign);
      return campaign;
    },
    leader: async (name) => (await holderOf(database, name, options.now))?.split('/')[0],
    async stop() {
      await Promise.all([...campaigns].map((campaign) => campaign.stop()));
      campaigns.clear();
    },
  };
}

/**
 * Asks for the lease until it has it, renews it while it leads, and stops leading before the lease can lapse: by its own
 * monotonic clock, counted from before the last renewal was sent.
 */
class Campaign implements Leadership {
  readonly #lease: Lease;
  readonly #name: string;
  readonly #lead: (epoch: number) => Promise<() => Promise<void>>;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #monotonic: () => number;
  readonly #ttl: number;
  readonly #margin: number;
  readonly #stopTicking: () => void;
  /** Callbacks run one after another. */
  #callbacks: Promise<void> = Promise.resolve();
  #step: Promise<void> | undefined;
  #end: (() => Promise<void>) | undefined;
  /** Leads until then, on the monotonic clock; 0 when it does not. */
  #until = 0;
  /** Lets others try until then, on the monotonic clock. */
  #restsUntil = 0;
  #epoch = 0;
  #cancelDeadline = () => {};
  #unreachable = false;
  #stopped = false;

  constructor(
    lease: Lease,
    name: string,
    lead: (epoch: number) => Promise<() => Promise<void>>,
    { clock, log, monotonic = () => performance.now(), ttl = 5000, renew = 1500, margin = 1000 }: LeadershipOptions,
  ) {
    this.#lease = lease;
    this.#name = name;
    this.#lead = lead;
    this.#log = log;
    this.#clock = clock;
    this.#monotonic = monotonic;
    this.#ttl = ttl;
    this.#margin = margin;
    this.#stopTicking = clock.every(renew, () => this.#tick());
    this.#tick();
  }

  get leading(): boolean {
    return this.#monotonic() < this.#until;
  }

  get epoch(): number {
    return this.#epoch;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stopTicking();
    await this.#step;
    const led = this.leading;
    this.#depose('it stops');
    await this.#callbacks;
    if (!led) return;
    try {
      await this.#lease.giveBack(this.#epoch);
    } catch (error) {
      this.#log.warn({ lease: this.#name, error }, 'the lease could not be given back; it lapses by itself');
    }
  }

  #tick(): void {
    if (this.#step || this.#stopped || this.#monotonic() < this.#restsUntil) return;
    this.#step = this.#advance()
      .then(() => this.#reached())
      .catch((error: unknown) => this.#unreached(error))
      .finally(() => {
        this.#step = undefined;
      });
  }

  async #advance(): Promise<void> {
    const sent = this.#monotonic();
    if (this.#until > 0 && !this.leading) this.#depose('its lease ran out');
    if (this.#until > 0) {
      const kept = await this.#lease.renew(this.#epoch, this.#ttl);
      if (this.#until === 0) return; // it ran out meanwhile
      if (kept) this.#holdFrom(sent);
      else this.#depose('another has its lease');
      return;
    }
    await this.#callbacks; // what it led before has ended
    const { won, epoch } = await this.#lease.acquire(this.#ttl);
    this.#epoch = epoch;
    if (won && !this.#stopped) this.#begin(sent, epoch);
    else if (won) await this.#lease.giveBack(epoch);
  }

  #begin(sent: number, epoch: number): void {
    this.#holdFrom(sent);
    this.#log.info({ lease: this.#name, epoch }, 'leads');
    this.#callbacks = this.#callbacks.then(async () => {
      if (this.#until === 0 || this.#epoch !== epoch) return;
      try {
        this.#end = await this.#lead(epoch);
      } catch (error) {
        this.#log.error({ lease: this.#name, epoch, error }, `could not lead: ${reasonOf(error)}; another may`);
        this.#depose('it could not lead');
        // The lease is left to lapse, and the next one to somebody else.
        this.#restsUntil = this.#monotonic() + this.#ttl + REST;
      }
    });
  }

  #holdFrom(sent: number): void {
    this.#until = sent + this.#ttl - this.#margin;
    this.#cancelDeadline();
    this.#cancelDeadline = this.#clock.after(Math.max(0, this.#until - this.#monotonic()), () => {
      if (!this.leading) this.#depose('its lease could not be renewed in time');
    });
  }

  #depose(because: string): void {
    this.#cancelDeadline();
    if (this.#until === 0) return;
    this.#until = 0;
    this.#log.info({ lease: this.#name, epoch: this.#epoch, because }, 'leads no more');
    this.#callbacks = this.#callbacks.then(async () => {
      const end = this.#end;
      this.#end = undefined;
      try {
        await end?.();
      } catch (error) {
        this.#log.error({ lease: this.#name, error }, `stopping failed: ${reasonOf(error)}`);
      }
    });
  }

  #reached(): void {
    if (this.#unreachable) this.#log.info({ lease: this.#name }, 'the database answers again');
    this.#unreachable = false;
  }

  #unreached(error: unknown): void {
    if (!this.#unreachable) this.#log.warn({ lease: this.#name, error }, 'no campaign: the database does not answer');
    this.#unreachable = true;
  }
}
