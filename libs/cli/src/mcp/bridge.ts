import {
  type StreamableHTTPClientTransport,
  StreamableHTTPError,
} from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  InitializeResultSchema,
  isInitializeRequest,
  isJSONRPCErrorResponse,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { reasonOf } from '@vsmcp/vsm';

/** JSON-RPC's code for what MCP leaves to the implementation. */
const SERVER_ERROR = -32_000;

export interface BridgeOptions {
  /** Where the client is. */
  local: Transport;
  /** A new connection to the gateway, not yet started. */
  remote(): StreamableHTTPClientTransport;
  /** Rejects, with what is wrong and how to mend it, when no fleet can be reached. */
  reach(): Promise<unknown>;
  /** For people: stderr, since stdout speaks MCP. */
  say(line: string): void;
}

/**
 * Carries messages between a client on stdio and the gateway. A session that the gateway no longer knows (it was
 * started anew) is begun again without the client noticing. What cannot be delivered is answered with an error, so that
 * nobody waits for nothing.
 */
export class Bridge {
  readonly #options: BridgeOptions;
  #remote: StreamableHTTPClientTransport | undefined;
  #initialize: JSONRPCRequest | undefined;
  #renewing: Promise<void> | undefined;
  /** Requests of the client that have no answer yet, and whether the gateway has taken them. */
  readonly #pending = new Map<RequestId, 'sending' | 'taken'>();
  /** Our own request that begins the session again, and what waits for its answer. */
  #again: { id: RequestId; done: (error?: Error) => void } | undefined;

  constructor(options: BridgeOptions) {
    this.#options = options;
  }

  /** Carries until the returned function is called, which ends the session at the gateway too. */
  async start(): Promise<() => Promise<void>> {
    const { local, say } = this.#options;
    await this.#connect();
    local.onmessage = (message) => void this.#up(message);
    local.onerror = (error) => say(`the client sent what is no message: ${error.message}`);
    await local.start();
    return async () => {
      await local.close();
      const remote = this.#remote;
      this.#remote = undefined;
      await remote?.terminateSession().catch((error: unknown) => {
        say(`the session was not ended at the gateway: ${reasonOf(error)}`);
      });
      await remote?.close();
    };
  }

  async #connect(): Promise<StreamableHTTPClientTransport> {
    const remote = this.#options.remote();
    remote.onmessage = (message) => void this.#down(message);
    remote.onerror = (error) => void this.#broken(remote, error);
    await remote.start();
    this.#remote = remote;
    return remote;
  }

  async #up(message: JSONRPCMessage): Promise<void> {
    const request = isJSONRPCRequest(message) ? message : undefined;
    if (request) this.#pending.set(request.id, 'sending');
    if (request && isInitializeRequest(request)) this.#initialize = request;
    try {
      await this.#send(message);
      if (request && this.#pending.has(request.id)) this.#pending.set(request.id, 'taken');
    } catch (error) {
      const reason = await this.#reasonFor(error);
      if (request) await this.#fail(request.id, reason);
      else this.#options.say(`not delivered: ${reason}`);
    }
  }

  async #send(message: JSONRPCMessage): Promise<void> {
    await this.#renewing;
    const remote = this.#remote;
    try {
      await remote?.send(message);
    } catch (error) {
      if (isInitializeRequest(message)) throw error;
      // a session that is lost took nothing, so what was on its way to it can be sent again
      if (isLost(error)) await this.#renew(remote);
      else if (this.#renewing) await this.#renewing;
      else if (remote === this.#remote) throw error;
      await this.#remote?.send(message);
    }
  }

  /** Begins a session like the one of `lost`, once however many find out. */
  async #renew(lost: StreamableHTTPClientTransport | undefined): Promise<void> {
    if (lost === this.#remote) {
      this.#renewing ??= this.#begin().finally(() => {
        this.#renewing = undefined;
      });
    }
    await this.#renewing;
  }

  async #begin(): Promise<void> {
    const { local, say } = this.#options;
    if (this.#initialize === undefined) return;
    say('the gateway no longer knows this session: a new one is begun');
    for (const [id, how] of this.#pending) {
      if (how === 'taken')
        await this.#fail(id, 'the gateway was started anew while this ran: look before you repeat it');
    }
    await this.#remote?.close();
    const remote = await this.#connect();
    const id = 'vsmcp-again';
    const answered = new Promise<void>((resolve, reject) => {
      this.#again = { id, done: (error) => (error ? reject(error) : resolve()) };
    });
    await Promise.all([remote.send({ ...this.#initialize, id }), answered]);
    await remote.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    // what the old session had listed is not on the new one's list
    await local.send({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  }

  async #down(message: JSONRPCMessage): Promise<void> {
    const isAnswer = isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message);
    if (isJSONRPCResultResponse(message)) {
      const initialized = InitializeResultSchema.safeParse(message.result);
      if (initialized.success) this.#remote?.setProtocolVersion(initialized.data.protocolVersion);
    }
    if (isAnswer && this.#again !== undefined && message.id === this.#again.id) {
      this.#again.done(isJSONRPCErrorResponse(message) ? new Error(message.error.message) : undefined);
      this.#again = undefined;
      return;
    }
    if (isAnswer && message.id !== undefined) this.#pending.delete(message.id);
    await this.#options.local.send(message);
  }

  /** A stream or a request broke. When the fleet is gone with it, what it has taken will not be answered. */
  async #broken(remote: StreamableHTTPClientTransport, error: Error): Promise<void> {
    if (remote !== this.#remote || this.#renewing) return;
    try {
      if (isLost(error)) await this.#renew(remote);
      else if (this.#pending.size > 0) await this.#options.reach();
    } catch (unreached) {
      for (const [id, how] of this.#pending) if (how === 'taken') await this.#fail(id, reasonOf(unreached));
    }
  }

  async #fail(id: RequestId, reason: string): Promise<void> {
    if (!this.#pending.delete(id)) return;
    this.#options.say(reason);
    await this.#options.local.send({ jsonrpc: '2.0', id, error: { code: SERVER_ERROR, message: reason } });
  }

  /** An answer of the gateway is the reason; where there was none, whether there is a fleet at all. */
  async #reasonFor(error: unknown): Promise<string> {
    if (error instanceof StreamableHTTPError) return error.message;
    try {
      await this.#options.reach();
      return reasonOf(error);
    } catch (unreached) {
      return reasonOf(unreached);
    }
  }
}

/** The gateway answers, and does not know the session. */
function isLost(error: unknown): boolean {
  return error instanceof StreamableHTTPError && error.code === 404;
}
