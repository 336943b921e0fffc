import { currentTrace, gather, inSpan, on, type ServiceContext } from '@vsmcp/service';
import {
  Claim,
  type ClaimedResource,
  type DataOf,
  Grant,
  type Granted,
  MOST_CLAIMS,
  Release,
  reasonOf,
  Turn,
} from '@vsmcp/vsm';

/** A lease: the claim and the fencing token under which it is held. */
export interface Lease {
  claim: string;
  token?: number;
}

export type Held =
  | ({ granted: true; release: () => Promise<void> } & Lease)
  | { granted: false; yields: boolean; wait: number; reason: string; unanswered?: true };
/** Permission to make calls now, or the ms after which asking again makes sense. */
export type TurnHad = { granted: true } | { granted: false; wait: number };
type Wanted = DataOf<typeof Claim>['claims'][number];
type WantedTurn = DataOf<typeof Turn>['turns'][number];

/**
 * Of the time that is waited for System 2, the part in which it may leave a claim unanswered; the rest is for the way.
 */
const PATIENCE = 0.8;
/** ms after which asking again makes sense where System 2 does not say. */
const ASK_AGAIN = 1000;

/**
 * Asks System 2 for shared resources, all at once, and gives them back; and for turns at servers with a rate. What
 * comes together travels together.
 */
export class Claims {
  readonly #context: ServiceContext;
  readonly #waiting = new Map<string, (grant: Granted) => void>();
  readonly #ask: (wanted: Wanted) => Promise<void>;
  readonly #release: (claim: string) => Promise<void>;
  readonly #askTurn: (wanted: WantedTurn) => Promise<void>;
  /** Of the events that this replica has at hand; the rest is room for those that need not wait. */
  readonly #mostWaiting: number;

  constructor(context: ServiceContext) {
    const { instance, say } = context;
    const { amqp_prefetch_count, max_concurrent_operations } = context.config.settings;
    this.#context = context;
    this.#mostWaiting = Math.max(amqp_prefetch_count, max_concurrent_operations / 2);
    this.#ask = gather(MOST_CLAIMS, (claims) => say(Claim, `claim.${instance}`, { instance, claims: [...claims] }));
    this.#release = gather(MOST_CLAIMS, (claims) =>
      say(Release, `release.${instance}`, { instance, claims: [...claims] }),
    );
    this.#askTurn = gather(MOST_CLAIMS, (turns) => say(Turn, `turn.${instance}`, { instance, turns: [...turns] }));
  }

  /** Hears System 2's answers; returns how to stop. */
  async start(): Promise<() => Promise<void>> {
    const bind = [`grant.${this.#context.instance}`];
    const heard = on(Grant, async ({ data }) => {
      for (const grant of data.grants) this.#waiting.get(grant.claim)?.(grant);
    });
    const consumer = await this.#context.hear({ channel: 'coordination', bind }, [heard], { prefetch: 100 });
    return () => consumer.stop();
  }

  /**
   * @param ttl ms after which System 2 takes the resources back by itself, if it is not asked for more
   * @returns `yields`: not to be asked for again, for `reason`; else `wait`: ms after which asking again makes sense
   */
  hold(unit: string, resources: readonly ClaimedResource[], ttl: number): Promise<Held> {
    if (this.#waiting.size >= this.#mostWaiting)
      return Promise.resolve({ granted: false, yields: false, wait: ASK_AGAIN, reason: 'too many wait already' });
    const attributes = { 'vsmcp.unit': unit, 'vsmcp.resources': resources.map(({ resource }) => resource) };
    return inSpan(this.#context, 'coordinate', { attributes }, async (span) => {
      const held = await this.#hold(unit, resources, ttl);
      span.setAttribute('vsmcp.granted', held.granted);
      return held;
    });
  }

  /** A turn for so many calls of a server. */
  turn(unit: string, server: string, calls: number): Promise<TurnHad> {
    if (this.#waiting.size >= this.#mostWaiting) return Promise.resolve({ granted: false, wait: ASK_AGAIN });
    const attributes = { 'vsmcp.unit': unit, 'vsmcp.server': server };
    return inSpan(this.#context, 'schedule', { attributes }, async (span) => {
      const turn = this.#context.ids();
      const patience = this.#patience();
      const grant = await this.#answer(turn, () => this.#askTurn({ turn, unit, server, calls, patience }));
      span.setAttribute('vsmcp.granted', grant?.granted ?? false);
      return grant?.granted ? { granted: true } : { granted: false, wait: grant?.wait ?? ASK_AGAIN };
    });
  }

  async #hold(unit: string, resources: readonly ClaimedResource[], ttl: number): Promise<Held> {
    const claim = this.#context.ids();
    const wanted = { claim, unit, resources: [...resources], ttl, patience: this.#patience() };
    const grant = await this.#answer(claim, () => this.#ask({ ...wanted, ...currentTrace() })).catch(
      (error: unknown) => {
        // System 2 may have heard it all the same, and the event will come with another claim.
        this.#release(claim).catch((failed: unknown) =>
          this.#context.log.warn({ claim, reason: reasonOf(failed) }, 'a claim is left to lapse'),
        );
        throw error;
      },
    );
    if (grant?.granted) {
      const { token } = grant;
      return { granted: true, claim, ...(token !== undefined && { token }), release: this.#keep(wanted) };
    }
    // A grant that comes after its time must not stand.
    if (grant === undefined) await this.#release(claim);
    const reason = grant === undefined ? 'System 2 did not answer in time' : (grant.reason ?? 'held by another');
    const refused = { granted: false as const, yields: grant?.yields ?? false, wait: grant?.wait ?? ASK_AGAIN, reason };
    return grant === undefined ? { ...refused, unanswered: true } : refused;
  }

  #patience(): number {
    return this.#context.config.settings.coordination_timeout * PATIENCE;
  }

  /** System 2's answer; none where it does not come in time. */
  async #answer(name: string, ask: () => Promise<void>): Promise<Granted | undefined> {
    const { clock, config } = this.#context;
    let cancel = () => {};
    const answer = new Promise<Granted | undefined>((resolve) => {
      this.#waiting.set(name, resolve);
      cancel = clock.after(config.settings.coordination_timeout, () => resolve(undefined));
    });
    try {
      await ask();
      return await answer;
    } finally {
      cancel();
      this.#waiting.delete(name);
    }
  }

  /** Renews the lease for as long as it is not released. */
  #keep(wanted: Wanted): () => Promise<void> {
    const { clock, log } = this.#context;
    const stop = clock.every(wanted.ttl / 2, () => {
      this.#ask({ ...wanted, renew: true }).catch((error: unknown) =>
        log.warn({ claim: wanted.claim, reason: reasonOf(error) }, 'a lease could not be renewed'),
      );
    });
    return () => {
      stop();
      return this.#release(wanted.claim);
    };
  }
}
