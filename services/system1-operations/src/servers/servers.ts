import { join } from 'node:path';
import type { ServerLauncher } from '@vsmcp/mcp';
import type { Led, ServiceContext } from '@vsmcp/service';
import type { Answer, Tool } from '@vsmcp/vsm';
import type { ServerView } from '../deciding/disposition.js';
import type { DesiredServer } from './desired.js';
import { Ownership } from './ownership.js';
import { type Called, type CallOptions, Server, type ServerState } from './server.js';
import { Telling } from './telling.js';
import { notHere, tested, unknownServer } from './test.js';

/** Reactions of the rest of the service when a server of this replica comes or goes. */
export interface ServerHooks {
  /** A server can be called from here now. */
  ready(server: string): void;
  /** Begins to take what other replicas hand over for the server; the returned function stops that. */
  takeHandovers(server: string): Promise<() => Promise<void>>;
  /** Keeps a promise that nobody awaits from being lost. */
  track(task: Promise<unknown>): void;
}

/** All servers of this replica: shared ones run on every replica, owned ones on the one that leads them. */
export class Servers {
  readonly #context: ServiceContext;
  readonly #host: ServerLauncher;
  readonly #hooks: ServerHooks;
  readonly #running = new Map<string, Server>();
  readonly #telling: Telling;
  readonly #ownership: Ownership;
  /** Servers that have no owner any more: what was handed over for them is taken by every replica. */
  readonly #ownerless = new Map<string, () => Promise<void>>();
  readonly #taking = new Set<() => Promise<void>>();
  #desired: ReadonlyMap<string, DesiredServer> = new Map();
  #stopped = false;

  constructor(context: ServiceContext, host: ServerLauncher, hooks: ServerHooks) {
    this.#context = context;
    this.#host = host;
    this.#hooks = hooks;
    this.#telling = new Telling(context, hooks.track);
    this.#ownership = new Ownership(context.leaderships, (server, epoch) => this.#own(server, epoch));
  }

  view(name: string): ServerView {
    const wanted = this.#desired.get(name);
    if (wanted === undefined) return { state: 'down', reason: `there is no server ${name}` };
    if (wanted.barred !== undefined) return { state: 'down', reason: wanted.barred };
    const server = this.#running.get(name);
    if (!wanted.shared && !this.#ownership.leads(name)) return { state: 'elsewhere' };
    return server?.view ?? { state: 'starting' };
  }

  /** Where a server runs, how it does, and what it may do; for `test`. */
  async test(name: string): Promise<Answer<'test'>> {
    const wanted = this.#desired.get(name);
    if (wanted === undefined) throw unknownServer(name, [...this.#desired.keys()]);
    const { instance, leaderships } = this.#context;
    const here = { server: name, instance };
    if (this.view(name).state === 'elsewhere') {
      const elsewhere = await leaderships.leader(`server:${name}`);
      return notHere(here, elsewhere);
    }
    return tested(here, wanted, this.#running.get(name));
  }

  tool(name: string, tool: string): Tool | undefined {
    return this.#running.get(name)?.tool(tool);
  }

  async call(name: string, tool: string, args: Record<string, unknown>, options: CallOptions): Promise<Called> {
    const server = this.#running.get(name);
    if (server === undefined) return { ok: false, failure: 'unsent', reason: `server ${name} is not here`, ms: 0 };
    const owned = () => this.#desired.get(name)?.shared === true || this.#ownership.leads(name);
    return server.call(tool, args, { ...options, owned });
  }

  /**
   * Starts what is new, stops what is gone, starts anew what changed.
   * @param to.heads see `headsOf`
   * @param to.removed servers that are no longer desired
   */
  async update(to: {
    desired: ReadonlyMap<string, DesiredServer>;
    removed: readonly string[];
    heads: ReadonlyMap<string, string>;
  }): Promise<void> {
    if (this.#stopped) return;
    const { desired, removed, heads } = to;
    this.#desired = new Map(
      [...desired].map(([name, wanted]) => [name, pinned(wanted, this.#running.get(name)?.wanted)]),
    );
    const stops: Promise<void>[] = [];
    for (const [name, server] of this.#running) {
      const wanted = this.#desired.get(name);
      if (wanted !== undefined && isSame(server.wanted, wanted)) {
        server.wanted = wanted;
        continue;
      }
      this.#running.delete(name);
      stops.push(server.stop());
      if (wanted === undefined) this.#telling.removed(server.wanted);
    }
    await Promise.all(stops);
    await this.#ownership.update(heads);
    for (const [name, wanted] of this.#desired) {
      if (wanted.shared || this.#ownership.leads(name)) this.#start(name, wanted);
    }
    // One that says `parallel` never had an owner, unless its configuration changed while events were on their way.
    const shared = [...desired.values()].filter((wanted) => wanted.shared && !wanted.spec.parallel);
    await this.#takeOwnerless(new Set([...removed, ...shared.map((wanted) => wanted.name)]));
  }

  /** Takes no more of what is handed over; resolves when what was taken has ended. */
  async drain(): Promise<void> {
    this.#stopped = true;
    await Promise.all([...this.#taking].map((end) => end()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ownership.stop();
    await this.#takeOwnerless(new Set());
    await Promise.all([...this.#running.values()].map((server) => server.stop()));
    this.#running.clear();
  }

  #start(name: string, wanted: DesiredServer): void {
    if (this.#running.has(name) || this.#stopped || wanted.barred !== undefined) return;
    const { clock, config, random, home, dataDir } = this.#context;
    const around = {
      host: this.#host,
      clock,
      random,
      home,
      startDeadline: config.settings.start_deadline,
      folder: join(dataDir, 'work', name),
      changed: (changed: DesiredServer, state: ServerState) => this.#changed(changed, state),
    };
    this.#running.set(name, new Server(wanted, around));
  }

  async #takeOwnerless(names: ReadonlySet<string>): Promise<void> {
    for (const [name, end] of this.#ownerless) {
      if (names.has(name)) continue;
      this.#ownerless.delete(name);
      await end();
    }
    for (const name of names) {
      if (!this.#ownerless.has(name)) this.#ownerless.set(name, await this.#take(name));
    }
  }

  async #own(name: string, epoch: number): Promise<Led> {
    if (epoch > 1) this.#telling.inherit(name);
    const begin = () => {
      const wanted = this.#desired.get(name);
      if (wanted !== undefined) this.#start(name, wanted);
      return this.#take(name);
    };
    let end = await begin();
    return {
      // A server at rest waits for the lease; calls under way end now: another owner may start in a moment.
      pause: async () => {
        if (this.#running.get(name)?.idle === false) await this.#release(name);
        await end();
      },
      resume: async () => {
        end = await begin();
      },
      // First the server, for the same reason.
      end: async () => {
        await this.#release(name);
        await end();
      },
    };
  }

  async #release(name: string): Promise<void> {
    if (this.#desired.get(name)?.shared === true) return;
    const server = this.#running.get(name);
    this.#running.delete(name);
    await server?.stop();
  }

  async #take(name: string): Promise<() => Promise<void>> {
    if (this.#stopped) return async () => {};
    const stop = await this.#hooks.takeHandovers(name);
    const end = async () => {
      this.#taking.delete(end);
      await stop();
    };
    this.#taking.add(end);
    return end;
  }

  #changed(wanted: DesiredServer, state: ServerState): void {
    this.#telling.changed(wanted, state);
    if (state.state === 'ready') this.#hooks.ready(wanted.name);
  }
}

/** A server is held to its first declaration until the row says what was approved. */
function pinned(wanted: DesiredServer, running: DesiredServer | undefined): DesiredServer {
  if (wanted.contract !== undefined || running?.contract === undefined || !sameSpec(wanted, running)) return wanted;
  return { ...wanted, contract: running.contract };
}

/** A server can go on when it runs what is desired, under the contract that was approved. */
function isSame(running: DesiredServer, wanted: DesiredServer): boolean {
  const approved = running.contract === undefined || running.contract === wanted.contract;
  return sameSpec(running, wanted) && running.barred === wanted.barred && approved;
}

function sameSpec(a: DesiredServer, b: DesiredServer): boolean {
  return JSON.stringify(a.spec) === JSON.stringify(b.spec);
}
