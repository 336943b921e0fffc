import { join } from 'node:path';
import type { McpHost } from '@vsmcp/mcp';
import type { ServiceContext } from '@vsmcp/service';
import { Algedonic, CapabilityState, type Tool, word } from '@vsmcp/vsm';
import type { ServerView } from '../disposition.js';
import { Ownership } from './ownership.js';
import { type Called, Server, type ServerState } from './server.js';
import type { Wish } from './wishes.js';

/** What the rest of the service does when a server of this replica comes or goes. */
export interface ServerHooks {
  /** A server can be called from here now. */
  ready(server: string): void;
  /** This replica owns the server: take what is handed over to it; the returned function stops that. */
  owned(server: string): Promise<() => Promise<void>>;
  /** Keeps a promise that nobody awaits from being lost. */
  track(task: Promise<unknown>): void;
}

/** All servers of this replica: shared ones run on every replica, owned ones on the one that leads them. */
export class Servers {
  readonly #context: ServiceContext;
  readonly #host: McpHost;
  readonly #hooks: ServerHooks;
  readonly #running = new Map<string, Server>();
  readonly #hurting = new Map<string, number>();
  readonly #ownership: Ownership;
  #wishes: ReadonlyMap<string, Wish> = new Map();
  #stopped = false;

  constructor(context: ServiceContext, host: McpHost, hooks: ServerHooks) {
    this.#context = context;
    this.#host = host;
    this.#hooks = hooks;
    this.#ownership = new Ownership(context.leaderships, (server) => this.#own(server));
  }

  view(name: string): ServerView {
    const wish = this.#wishes.get(name);
    if (wish === undefined) return { state: 'down', reason: `there is no server ${name}` };
    if (wish.barred !== undefined) return { state: 'down', reason: wish.barred };
    const server = this.#running.get(name);
    if (!wish.shared && !this.#ownership.leads(name)) return { state: 'elsewhere' };
    return server?.view ?? { state: 'starting' };
  }

  tool(name: string, tool: string): Tool | undefined {
    return this.#running.get(name)?.tool(tool);
  }

  async call(
    name: string,
    tool: string,
    args: Record<string, unknown>,
    options: { deadline: number; waiting: AbortSignal; intend: () => Promise<boolean> },
  ): Promise<Called> {
    const server = this.#running.get(name);
    if (server === undefined) return { ok: false, failure: 'unsent', reason: `server ${name} is not here`, ms: 0 };
    return server.call(tool, args, options.deadline, options.waiting, options.intend);
  }

  /** Starts what is new, stops what is gone, starts anew what changed. @param heads see `headsOf` */
  async update(wishes: ReadonlyMap<string, Wish>, heads: ReadonlyMap<string, string>): Promise<void> {
    if (this.#stopped) return;
    this.#wishes = new Map([...wishes].map(([name, wish]) => [name, pinned(wish, this.#running.get(name)?.wish)]));
    const stops: Promise<void>[] = [];
    for (const [name, server] of this.#running) {
      const wish = this.#wishes.get(name);
      if (wish !== undefined && isSame(server.wish, wish)) {
        server.wish = wish;
        continue;
      }
      this.#running.delete(name);
      stops.push(server.stop());
      if (wish === undefined) this.#removed(server.wish);
    }
    await Promise.all(stops);
    await this.#ownership.update(heads);
    for (const [name, wish] of this.#wishes) {
      if (wish.shared || this.#ownership.leads(name)) this.#start(name, wish);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ownership.stop();
    await Promise.all([...this.#running.values()].map((server) => server.stop()));
    this.#running.clear();
  }

  #start(name: string, wish: Wish): void {
    if (this.#running.has(name) || this.#stopped || wish.barred !== undefined) return;
    const { clock, random, home, dataDir } = this.#context;
    const around = {
      ...{ host: this.#host, clock, random, home },
      folder: join(dataDir, 'work', name),
      changed: (changed: Wish, state: ServerState) => this.#changed(changed, state),
    };
    this.#running.set(name, new Server(wish, around));
  }

  async #own(name: string): Promise<() => Promise<void>> {
    const wish = this.#wishes.get(name);
    if (wish !== undefined) this.#start(name, wish);
    const end = await this.#hooks.owned(name);
    return async () => {
      // First the server, so that calls under way end now: another owner may start in a moment.
      const server = this.#running.get(name);
      if (this.#wishes.get(name)?.shared !== true) {
        this.#running.delete(name);
        await server?.stop();
      }
      await end();
    };
  }

  #changed(wish: Wish, state: ServerState): void {
    const { log } = this.#context;
    const fields = { server: wish.name, npm: wish.spec.npm };
    if (state.state === 'ready') {
      log.info({ ...fields, confinement: state.connection.confinement, tools: state.connection.tools.length }, 'ready');
      this.#feel(wish, undefined);
      this.#hooks.ready(wish.name);
    } else {
      log.warn({ ...fields, reason: state.reason }, state.state);
      if (state.state === 'suspended' || state.lasting) this.#feel(wish, state.reason);
    }
    this.#report(wish, state);
  }

  #report(wish: Wish, state: ServerState): void {
    const { instance } = this.#context;
    const connection = 'connection' in state ? state.connection : undefined;
    const offered = connection?.tools.filter((tool) => wish.only === undefined || wish.only.includes(tool.name));
    const report = this.#context.say(CapabilityState, `s1.${instance}.capability`, {
      instance,
      server: wish.name,
      state: state.state,
      tools: [...(offered ?? [])],
      ...(wish.proposal !== undefined && { proposal: wish.proposal }),
      ...(state.state === 'ready' ? { integrity: state.integrity } : { reason: state.reason }),
      ...(connection !== undefined && { confinement: connection.confinement, contract: connection.contract }),
    });
    this.#hooks.track(report);
  }

  #removed(wish: Wish): void {
    const { instance, log } = this.#context;
    log.info({ server: wish.name }, 'removed');
    this.#feel(wish, undefined);
    const proposal = wish.proposal === undefined ? {} : { proposal: wish.proposal };
    const data = { instance, server: wish.name, state: 'removed' as const, tools: [], ...proposal };
    this.#hooks.track(this.#context.say(CapabilityState, `s1.${instance}.capability`, data));
  }

  /** Pain when a server stays down, pleasure when it is well again or wanted no more. */
  #feel(wish: Wish, reason: string | undefined): void {
    const since = this.#hurting.get(wish.name);
    if ((reason === undefined) === (since === undefined)) return;
    const now = this.#context.clock.now();
    if (reason === undefined) this.#hurting.delete(wish.name);
    else this.#hurting.set(wish.name, now);
    const severity = reason === undefined ? 'pleasure' : 'pain';
    const said = this.#context.say(Algedonic, `${severity}.s1.${word(wish.name)}`, {
      alert: `server:${wish.name}`,
      severity,
      unit: wish.name,
      what: reason === undefined ? `server ${wish.name} is back` : `server ${wish.name} stays down: ${reason}`,
      since: since ?? now,
    });
    this.#hooks.track(said);
  }
}

/** What a server declared first is what it is held to until the row says what was approved. */
function pinned(wish: Wish, running: Wish | undefined): Wish {
  if (wish.contract !== undefined || running?.contract === undefined || !sameSpec(wish, running)) return wish;
  return { ...wish, contract: running.contract };
}

/** A server can go on when it runs what is wished, under the contract that was approved. */
function isSame(running: Wish, wish: Wish): boolean {
  const approved = running.contract === undefined || running.contract === wish.contract;
  return sameSpec(running, wish) && running.barred === wish.barred && approved;
}

function sameSpec(a: Wish, b: Wish): boolean {
  return JSON.stringify(a.spec) === JSON.stringify(b.spec);
}
