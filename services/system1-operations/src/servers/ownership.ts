import type { Leadership, Leaderships, Led } from '@vsmcp/service';

/**
 * Which owned servers this replica leads. Each has its own lease `server:<name>`, so that a server never has two
 * owners; those that are used together are campaigned for only by who leads their head, so that they come to one
 * replica.
 */
export class Ownership {
  readonly #leaderships: Leaderships;
  readonly #begin: (server: string, epoch: number) => Promise<Led>;
  readonly #campaigns = new Map<string, Leadership>();
  /** Begun and not ended; also while the lease waits to be confirmed. */
  readonly #begun = new Set<string>();
  #heads: ReadonlyMap<string, string> = new Map();
  #stopped = false;

  /** @param begin starts what the owner of a server does, and returns how to pause and to end it */
  constructor(leaderships: Leaderships, begin: (server: string, epoch: number) => Promise<Led>) {
    this.#leaderships = leaderships;
    this.#begin = begin;
  }

  leads(server: string): boolean {
    return this.#begun.has(server) && this.#campaigns.get(server)?.leading === true;
  }

  /** @param heads each owned server with the one that leads it */
  async update(heads: ReadonlyMap<string, string>): Promise<void> {
    this.#heads = heads;
    const given: Promise<void>[] = [];
    for (const [server, campaign] of this.#campaigns) {
      if (this.#mayLead(server)) continue;
      this.#campaigns.delete(server);
      given.push(campaign.stop());
    }
    if (!this.#stopped) {
      for (const server of heads.keys()) {
        if (this.#mayLead(server) && !this.#campaigns.has(server)) {
          this.#campaigns.set(
            server,
            this.#leaderships.campaign(`server:${server}`, (epoch) => this.#lead(server, epoch)),
          );
        }
      }
    }
    await Promise.all(given);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const campaigns = [...this.#campaigns.values()];
    this.#campaigns.clear();
    await Promise.all(campaigns.map((campaign) => campaign.stop()));
  }

  #mayLead(server: string): boolean {
    const head = this.#heads.get(server);
    return head === server || (head !== undefined && this.#begun.has(head));
  }

  async #lead(server: string, epoch: number): Promise<Led> {
    this.#begun.add(server);
    const { pause, resume, end } = await this.#begin(server, epoch);
    await this.update(this.#heads);
    return {
      pause,
      resume,
      end: async () => {
        this.#begun.delete(server);
        await Promise.all([this.update(this.#heads), end()]);
      },
    };
  }
}
