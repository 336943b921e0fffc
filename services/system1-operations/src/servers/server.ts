import { CallError, type Progress, type ServerConnection, type ServerLauncher, type ToolResult } from '@vsmcp/mcp';
import {
  type Clock,
  Confinement,
  isRemote,
  type Random,
  reasonOf,
  type Tool,
  VsmError,
  type VsmErrorCode,
} from '@vsmcp/vsm';
import { sleep } from '../attenuation/patience.js';
import type { ServerView } from '../deciding/disposition.js';
import type { Failure } from '../deciding/outcome.js';
import type { DesiredServer } from './desired.js';
import { FifoMutex } from './fifo-mutex.js';

/** Longest time (ms) for reaching one that runs elsewhere. */
const DIAL_DEADLINE = 15_000;
/** Failures in a row after which it counts as one that stays down. */
const LASTING = 3;
/** Longest wait (ms) between two starts. */
const LONGEST_WAIT = 60_000;
/** Calls without an answer in a row after which a shared server is started anew. */
const TIMEOUTS = 3;

export type ServerState =
  /** integrity: of the package it runs from; one that runs elsewhere has none. */
  | { state: 'ready'; connection: ServerConnection; integrity?: string }
  | { state: 'suspended'; reason: string; connection: ServerConnection }
  /** lasting: it stays down, however often it is started. */
  | { state: 'failed'; reason: string; lasting: boolean };

/** Why it last went down. */
export interface Trouble {
  reason: string;
  code?: VsmErrorCode;
}

export type Called =
  | { ok: true; result: ToolResult; ms: number }
  | { ok: false; failure: Failure; reason: string; ms: number }
  /** The claim went to another before the call was made. */
  | { ok: false; failure: 'overtaken' };

export interface CallOptions {
  /** ms for the call itself. */
  deadline: number;
  /** Calls it off while it waits for its turn. */
  waiting: AbortSignal;
  /** Asked right before the call is made; false when it must not be made any more. */
  intend: () => Promise<boolean>;
  onProgress: (progress: Progress) => void;
}

export interface Around {
  host: ServerLauncher;
  clock: Clock;
  random: Random;
  folder: string;
  home: string;
  /** Longest time (ms) from the start of its process until it has said what it offers. */
  startDeadline: number;
  /** Told of every change of state. */
  changed(wanted: DesiredServer, state: ServerState): void;
}

/**
 * One server's life here: started or reached, watched, started again with growing waits, suspended when it is not what
 * was approved.
 */
export class Server {
  wanted: DesiredServer;
  readonly #around: Around;
  readonly #stop = new AbortController();
  readonly #turns = new FifoMutex();
  readonly #life: Promise<void>;
  #connection: ServerConnection | undefined;
  #down: string | undefined;
  #trouble: Trouble | undefined;
  #failures = 0;
  /** Since when it has been ready, in this start (ms since the epoch). */
  #wellSince: number | undefined;
  #timeouts = 0;
  #underWay = 0;

  constructor(wanted: DesiredServer, around: Around) {
    this.wanted = wanted;
    this.#around = around;
    this.#life = this.#live();
  }

  get view(): ServerView {
    if (this.wanted.barred !== undefined) return { state: 'down', reason: this.wanted.barred };
    if (this.#connection?.alive) return { state: 'ready', offers: (tool) => this.tool(tool) !== undefined };
    return this.#down === undefined ? { state: 'starting' } : { state: 'down', reason: this.#down };
  }

  get connection(): ServerConnection | undefined {
    return this.#connection;
  }

  /** True while no call of it is under way. */
  get idle(): boolean {
    return this.#underWay === 0;
  }

  /** Why it last went down; undefined while it runs well. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  tool(name: string): Tool | undefined {
    if (this.wanted.only !== undefined && !this.wanted.only.includes(name)) return undefined;
    return this.#connection?.tools.find((tool) => tool.name === name);
  }

  /**
   * Makes a call. Calls that are not annotated read-only wait for their turn, unless the server says `parallel`.
   * @param options.owned asked at the instant of the call: false when another replica may own the server by now
   */
  async call(
    tool: string,
    args: Record<string, unknown>,
    options: CallOptions & { owned: () => boolean },
  ): Promise<Called> {
    const writes = this.tool(tool)?.annotations?.readOnlyHint !== true;
    let end = () => {};
    try {
      if (writes && !this.wanted.spec.parallel) end = await this.#turns.take(options.waiting);
    } catch (error) {
      return { ok: false, failure: 'unsent', reason: `called off before its turn: ${reasonOf(error)}`, ms: 0 };
    }
    try {
      const connection = this.#connection;
      if (!connection?.alive) return { ok: false, failure: 'unsent', reason: 'the server is not running', ms: 0 };
      if (!(await options.intend())) return { ok: false, failure: 'overtaken' };
      if (!options.owned()) return { ok: false, failure: 'unsent', reason: 'its lease is not confirmed', ms: 0 };
      this.#underWay++;
      try {
        return await this.#send(connection, tool, args, options, writes);
      } finally {
        this.#underWay--;
      }
    } finally {
      end();
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new VsmError('VSM_MCP', `server ${this.wanted.name} is stopped`));
    await this.#connection?.close();
    await this.#life;
  }

  async #send(
    connection: ServerConnection,
    tool: string,
    args: Record<string, unknown>,
    { deadline, onProgress }: CallOptions,
    writes: boolean,
  ): Promise<Called> {
    const { clock } = this.#around;
    const started = clock.now();
    try {
      const result = await connection.call(tool, args, deadline, undefined, onProgress);
      this.#timeouts = 0;
      return { ok: true, result, ms: clock.now() - started };
    } catch (error) {
      if (error instanceof VsmError && error.code === 'VSM_TIMEOUT') await this.#late(connection, writes);
      return { ok: false, failure: failureOf(error), reason: reasonOf(error), ms: clock.now() - started };
    }
  }

  /** A call that writes may still be under way in there: the next would no longer be alone, so the server goes. */
  async #late(connection: ServerConnection, writes: boolean): Promise<void> {
    this.#timeouts++;
    if ((writes && !this.wanted.spec.parallel) || this.#timeouts >= TIMEOUTS) {
      this.#timeouts = 0;
      await connection.close();
    }
  }

  async #live(): Promise<void> {
    const { clock, random } = this.#around;
    const { signal } = this.#stop;
    while (!signal.aborted && this.wanted.barred === undefined) {
      this.#wellSince = undefined;
      const reason = await this.#once();
      if (signal.aborted) return;
      this.#failed(reason);
      const wait = Math.min(LONGEST_WAIT, 500 * 2 ** Math.min(this.#failures, 10)) * (0.75 + random() / 2);
      await sleep(clock, wait, signal).catch(() => undefined);
    }
  }

  /** One start and what follows, until it is gone; tells why it is. */
  async #once(): Promise<string> {
    const { host, folder, home, startDeadline } = this.#around;
    const { signal } = this.#stop;
    const { spec, confinement, integrity } = this.wanted;
    try {
      if (isRemote(spec)) return await this.#watch(await host.dial(spec, { deadline: DIAL_DEADLINE, signal }));
      mustConfine(host, confinement);
      const pin = integrity === undefined ? {} : { pin: { integrity } };
      const options = { folder, home, grants: spec.grants, deadline: startDeadline, signal, ...pin };
      const { installed, connection } = await host.start(spec, options);
      return await this.#watch(connection, installed.integrity);
    } catch (error) {
      this.#trouble = { reason: reasonOf(error), ...(error instanceof VsmError && { code: error.code }) };
      return reasonOf(error);
    }
  }

  async #watch(connection: ServerConnection, integrity?: string): Promise<string> {
    const gone = new Promise<string>((resolve) => connection.onClose(resolve));
    if (this.#stop.signal.aborted) {
      await connection.close();
      return 'stopped';
    }
    const approved = this.wanted.contract ?? connection.contract;
    if (connection.contract !== approved) return this.#suspend(connection);
    // A configured server is held to what it declared first, also when it starts anew.
    this.wanted = { ...this.wanted, contract: approved };
    connection.onContract((contract) => {
      if (contract !== approved) void this.#suspend(connection);
    });
    this.#connection = connection;
    this.#wellSince = this.#around.clock.now();
    this.#down = undefined;
    this.#trouble = undefined;
    this.#around.changed(this.wanted, {
      state: 'ready',
      connection,
      ...(integrity !== undefined && { integrity }),
    });
    const why = await gone;
    this.#connection = undefined;
    const reason = connection.lastWords === '' ? why : `${why}; its last words: ${connection.lastWords}`;
    this.#trouble = { reason, code: 'VSM_MCP' };
    return reason;
  }

  /** Its declaration is not the one approved: nothing of it is used until System 5 approves again. */
  async #suspend(connection: ServerConnection): Promise<string> {
    const reason = 'what it offers is not what was approved: approve it again or remove it';
    this.wanted = { ...this.wanted, barred: reason };
    this.#connection = undefined;
    this.#around.changed(this.wanted, { state: 'suspended', reason, connection });
    await connection.close();
    return reason;
  }

  #failed(reason: string): void {
    if (this.wanted.barred !== undefined) return;
    const well = this.#wellSince;
    if (well !== undefined && this.#around.clock.now() - well > LONGEST_WAIT) this.#failures = 0;
    this.#failures++;
    // A server that had been well is given one quick chance before its events are parked.
    if (this.#failures > 1 || well === undefined) this.#down = reason;
    this.#around.changed(this.wanted, { state: 'failed', reason, lasting: this.#failures >= LASTING });
  }
}

/** Anything but a server's own word that it did not do it leaves it open whether it did. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof CallError) || error.doubt) return 'lost';
  return error.sent ? 'error' : 'unsent';
}

/** A server approved under a confinement is not run under a weaker one. */
function mustConfine({ sandbox }: ServerLauncher, approved: Confinement | undefined): void {
  const ladder = Confinement.options;
  if (approved === undefined || ladder.indexOf(sandbox.reached) <= ladder.indexOf(approved)) return;
  throw new VsmError(
    'VSM_SANDBOX',
    `approved under ${approved}, and this machine reaches only ${sandbox.reached}: run this replica where it can, or approve it again`,
  );
}
