import type { ServiceContext } from '@vsmcp/service';
import { Demand } from '@vsmcp/vsm';
import { demandType } from './wish.js';

/** A wish that comes again within this time (ms) has been said. */
const SAID = 30_000;
/** New wishes of one principal within this time (ms): each can bring about an acquisition. */
const WINDOW = 60_000;
const MOST = 10;

/** Says to the fleet what agents looked for and did not find. */
export class Demands {
  readonly #context: ServiceContext;
  readonly #said = new Map<string, { at: number; by: string }>();

  constructor(context: ServiceContext) {
    this.#context = context;
  }

  /** @returns the event type that stands for the wish, or undefined when this principal wishes too much at once */
  async say(wish: string, by: string): Promise<string | undefined> {
    const { clock, instance } = this.#context;
    const now = clock.now();
    for (const [type, { at }] of this.#said) if (now - at > WINDOW) this.#said.delete(type);
    const type = demandType(wish);
    const known = this.#said.get(type);
    if (known !== undefined && now - known.at < SAID) return type;
    const others = [...this.#said.values()].filter((said) => said.by === by).length;
    if (known === undefined && others >= MOST) return undefined;
    this.#said.set(type, { at: now, by });
    await this.#context.say(Demand, `gateway.${instance}.demand`, { type, wish, by });
    return type;
  }
}
