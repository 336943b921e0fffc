import { setMaxListeners } from 'node:events';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  CallToolResultSchema,
  ErrorCode,
  McpError,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { type Clock, type Confinement, reasonOf, type Suspicion, type Tool, VsmError } from '@vsmcp/vsm';
import { DialError } from '../egress/dial.js';
import type { McpLog } from '../log.js';
import type { Progress, ServerConnection, ToolResult } from '../server-launcher.js';
import { cleanText } from '../text.js';
import { Calls } from './calls.js';
import { CallError, wrongIn } from './errors.js';
import { CLOSED, type Link, LOST } from './link.js';
import { Results } from './results.js';
import { listTools, type Offer } from './tools.js';
import { ProcessTransport, type ServerCommand } from './transport.js';

export interface ConnectOptions {
  /** The server's name in messages. */
  name: string;
  /** Absent for one that runs elsewhere. */
  confinement?: Confinement;
  /** ms until it must have said what it offers. */
  deadline: number;
  clock: Clock;
  log: McpLog;
  signal?: AbortSignal;
}

/** Starts a server's process and reads what it offers. Rejects with VSM_MCP and the end of its stderr. */
export function connect(command: ServerCommand, options: ConnectOptions): Promise<ServerConnection> {
  return connectOver(new ProcessTransport(command, options.clock), options);
}

/**
 * Opens a link to a server and reads what it offers. Rejects with VSM_MCP, or VSM_POLICY for a place where it must not
 * be.
 */
export async function connectOver(transport: Link, options: ConnectOptions): Promise<ServerConnection> {
  const { name, deadline, clock, signal } = options;
  const client = new Client({ name: 'vsmcp', version: '0.1.0' });
  const abort = new AbortController();
  // every page of tools listens on it
  setMaxListeners(0, abort.signal);
  const onAbort = () => abort.abort(signal?.reason);
  // told while its tools are being read: what was read may be what was before
  let changed = false;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    changed = true;
  });
  const late = clock.after(deadline, () => abort.abort(new Error(`no answer within ${deadline} ms`)));
  signal?.addEventListener('abort', onAbort);
  // what waits for a connection is not reached by the client's signal
  abort.signal.addEventListener('abort', () => void transport.close());
  try {
    signal?.throwIfAborted();
    await client.connect(transport, { timeout: deadline, signal: abort.signal });
    const offer = await listTools(client, deadline, abort.signal);
    if (transport.reason !== undefined) throw new Error(transport.reason);
    const connection = new Connection(client, transport, offer, options);
    if (changed) connection.refresh();
    return connection;
  } catch (error) {
    const broken = transport.reason === CLOSED ? undefined : transport.reason;
    const said = error instanceof McpError ? textOf(error) : reasonOf(error);
    const why = abort.signal.aborted ? reasonOf(abort.signal.reason) : (broken ?? said);
    await transport.close();
    const words = transport.stderr ? `; its last words: ${transport.stderr.slice(-1000)}` : '';
    const code = error instanceof DialError ? error.code : 'VSM_MCP';
    const what = options.confinement === undefined ? 'cannot be used' : 'did not start';
    throw new VsmError(code, `${name} ${what}: ${cleanText(why, 1000)}${words}`, { cause: error });
  } finally {
    late();
    signal?.removeEventListener('abort', onAbort);
  }
}

class Connection implements ServerConnection {
  readonly confinement: Confinement | undefined;
  #offer: Offer;
  #results = new Results();
  readonly #calls: Calls;
  #gone: string | undefined;
  #listing: 'no' | 'running' | 'again' = 'no';
  readonly #closeListeners: ((reason: string) => void)[] = [];
  readonly #contractListeners: ((contract: string, tools: readonly Tool[]) => void)[] = [];

  constructor(
    private readonly client: Client,
    private readonly transport: Link,
    offer: Offer,
    private readonly options: ConnectOptions,
  ) {
    this.#offer = offer;
    this.confinement = options.confinement;
    this.#calls = new Calls(transport, options.clock);
    this.#calls.listen();
    client.onclose = () => this.#closed();
    transport.onresume = () => this.refresh();
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.refresh());
  }

  /** Reads the tools anew, in a moment. */
  refresh(): void {
    void this.#changed();
  }

  get tools(): readonly Tool[] {
    return this.#offer.tools;
  }

  get contract(): string {
    return this.#offer.contract;
  }

  get suspicions(): readonly Suspicion[] {
    return this.#offer.suspicions;
  }

  get alive(): boolean {
    return this.transport.reason === undefined;
  }

  get identity(): { protocol: string; name: string; version: string } {
    const { name = '', version = '' } = this.client.getServerVersion() ?? {};
    return {
      protocol: cleanText(this.transport.protocol, 40),
      name: cleanText(name, 200),
      version: cleanText(version, 80),
    };
  }

  get lastWords(): string {
    return this.transport.stderr.slice(-1000);
  }

  async ping(deadline: number): Promise<number> {
    const started = performance.now();
    try {
      await this.client.ping({ timeout: deadline });
    } catch (error) {
      throw this.#failure(`${this.options.name} ping`, error, deadline, false);
    }
    return performance.now() - started;
  }

  async call(
    name: string,
    args: Record<string, unknown>,
    deadline: number,
    signal?: AbortSignal,
    onProgress?: (progress: Progress) => void,
  ): Promise<ToolResult> {
    const at = `${this.options.name}.${cleanText(name, 128)}`;
    const unsent = (why: string) => new CallError('VSM_MCP', `${at}: ${why}`, { sent: false, answered: false });
    if (!this.alive) throw unsent(`the server is gone: ${this.transport.reason}`);
    if (signal?.aborted) throw unsent('cancelled before it was sent');
    const tool = this.#offer.tools.find((each) => each.name === name);
    if (!tool) throw unsent('the server has no such tool');
    try {
      const answer = await this.#calls.make(name, args, { deadline, signal, onProgress });
      const result = this.#results.check(tool, CallToolResultSchema.parse(answer));
      if (typeof result !== 'string') return result;
      throw new CallError('VSM_MCP', `${at}: ${cleanText(result, 1000)}`, { sent: true, answered: true });
    } catch (error) {
      throw this.#failure(at, error, deadline, signal?.aborted ?? false);
    }
  }

  close(): Promise<void> {
    return this.transport.close();
  }

  onClose(listener: (reason: string) => void): void {
    if (this.#gone === undefined) this.#closeListeners.push(listener);
    else listener(this.#gone);
  }

  onContract(listener: (contract: string, tools: readonly Tool[]) => void): void {
    this.#contractListeners.push(listener);
  }

  #failure(at: string, error: unknown, deadline: number, aborted: boolean): CallError {
    if (error instanceof CallError) return error;
    const failure = (code: 'VSM_MCP' | 'VSM_TIMEOUT', why: string, sent: boolean, answered: boolean) =>
      new CallError(code, `${at}: ${cleanText(why, 1000)}`, { sent, answered, cause: error });
    // the transport's own: nothing was written
    if (error instanceof VsmError) return failure('VSM_MCP', error.message, false, false);
    if (aborted) return failure('VSM_MCP', 'cancelled while it ran', true, false);
    if (error instanceof McpError && error.code === ErrorCode.RequestTimeout) {
      return failure('VSM_TIMEOUT', `no answer within ${deadline} ms`, true, false);
    }
    if (error instanceof McpError && error.code === LOST) return failure('VSM_MCP', textOf(error), true, false);
    if (error instanceof McpError && error.code !== ErrorCode.ConnectionClosed) {
      return failure('VSM_MCP', `refused: ${textOf(error)}`, true, true);
    }
    if (this.transport.reason !== undefined) {
      return failure('VSM_MCP', `the server went away during the call: ${this.transport.reason}`, true, false);
    }
    return failure('VSM_MCP', `answered wrongly: ${wrongIn(error)}`, true, true);
  }

  /** Reads the tools anew; while it does, any number of further changes make it read once more. */
  async #changed(): Promise<void> {
    if (this.#listing !== 'no') {
      this.#listing = 'again';
      return;
    }
    this.#listing = 'running';
    try {
      const offer = await listTools(this.client, this.options.deadline, new AbortController().signal);
      const same = offer.contract === this.#offer.contract;
      this.#offer = offer;
      if (!same) this.#results = new Results();
      if (!same) for (const listener of this.#contractListeners) listener(offer.contract, offer.tools);
    } catch (error) {
      if (this.alive) {
        this.options.log.warn(
          { server: this.options.name, error: reasonOf(error) },
          'its changed tools cannot be read: closed',
        );
        await this.close();
      }
    } finally {
      const again = this.#listing !== 'running';
      this.#listing = 'no';
      if (again && this.alive) void this.#changed();
    }
  }

  #closed(): void {
    const reason = this.transport.reason ?? 'it went away';
    this.#gone = reason;
    this.#calls.close();
    const { name: server } = this.options;
    this.options.log.info({ server, reason, stderr: this.transport.stderr.slice(-500) }, 'a server is gone');
    for (const listener of this.#closeListeners) listener(reason);
    this.#closeListeners.length = 0;
  }
}

/** Without the code that the SDK puts before it. */
const textOf = (error: McpError): string => error.message.replace(/^MCP error -?\d+: /, '');
