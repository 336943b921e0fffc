import { inSpan, on, type ServiceContext } from '@vsmcp/service';
import { Claim, type DataOf, Grant, Release } from '@vsmcp/vsm';

export type Held = { granted: true; release: () => Promise<void> } | { granted: false; wait: number; reason: string };

/** ms after which asking again makes sense where System 2 does not say. */
const ASK_AGAIN = 1000;

/** Asks System 2 for shared resources, all at once, and gives them back. */
export class Claims {
  readonly #context: ServiceContext;
  readonly #waiting = new Map<string, (grant: DataOf<typeof Grant>) => void>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** Hears System 2's answers; returns how to stop. */
  async start(): Promise<() => Promise<void>> {
    const bind = [`grant.${this.#context.instance}`];
    const consumer = await this.#context.hear(
      { channel: 'coordination', bind },
      [on(Grant, async ({ data }) => this.#waiting.get(data.claim)?.(data))],
      { prefetch: 100 },
    );
    return () => consumer.stop();
  }

  /**
   * @param ttl ms after which System 2 takes the resources back by itself
   * @returns `wait`: ms after which asking again makes sense
   */
  hold(unit: string, resources: readonly string[], ttl: number): Promise<Held> {
    const attributes = { 'vsmcp.unit': unit, 'vsmcp.resources': [...resources] };
    return inSpan(this.#context, 'coordinate', { attributes }, async (span) => {
      const held = await this.#hold(unit, resources, ttl);
      span.setAttribute('vsmcp.granted', held.granted);
      return held;
    });
  }

  async #hold(unit: string, resources: readonly string[], ttl: number): Promise<Held> {
    const { clock, config, ids, instance, say } = this.#context;
    const claim = ids();
    const asked = { claim, unit, instance, resources: [...resources] };
    const release = () => say(Release, `release.${unit}`, asked);
    let cancel = () => {};
    const answer = new Promise<DataOf<typeof Grant> | undefined>((resolve) => {
      this.#waiting.set(claim, resolve);
      cancel = clock.after(config.settings.coordination_timeout, () => resolve(undefined));
    });
    try {
      await say(Claim, `claim.${unit}`, { ...asked, ttl });
      const grant = await answer;
      if (grant?.granted) return { granted: true, release };
      // A grant that comes after its time must not stand.
      if (grant === undefined) await release();
      const reason = grant === undefined ? 'System 2 did not answer in time' : (grant.reason ?? 'held by another');
      return { granted: false, wait: grant?.wait ?? ASK_AGAIN, reason };
    } finally {
      cancel();
      this.#waiting.delete(claim);
    }
  }
}
