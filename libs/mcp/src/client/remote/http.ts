import { AsyncLocalStorage } from 'node:async_hooks';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CancelledNotificationSchema,
  ErrorCode,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
} from '@modelcontextprotocol/sdk/types.js';
import { type Clock, VsmError } from '@vsmcp/vsm';
import { type Agent, fetch } from 'undici';
import type { EgressPolicy } from '../../egress/dial.js';
import { LOST } from '../link.js';
import { Exchanges } from './exchanges.js';
import { deepest, dialErrorIn, isGarbage, refusalOf } from './failures.js';
import { Meter, metered } from './metered.js';
import { RemoteLink } from './remote-link.js';
import { openSockets } from './sockets.js';

/** How the SDK takes up a broken stream again (ms); this link gives up after `TRIES` in a row. */
const AGAIN = { initialReconnectionDelay: 200, maxReconnectionDelay: 5000, reconnectionDelayGrowFactor: 1.5 };
const TRIES = 4;
/**
 * ms: for the server to hear that a call or the session ends; and after a stream's end, for what came last to be read.
 */
const PARTING = 1000;
const SETTLING = 100;

/**
 * MCP over streamable HTTP, by the SDK's client on sockets that are checked at each dial. The SDK follows a redirect
 * only within the address's own origin.
 */
export class HttpLink extends RemoteLink {
  readonly #sdk: StreamableHTTPClientTransport;
  readonly #sockets: Agent;
  /** Which message an exchange carries: the SDK's fetch is not told. */
  readonly #sending = new AsyncLocalStorage<JSONRPCMessage>();
  readonly #exchanges = new Exchanges();
  /** Requests that were not answered yet. */
  readonly #open = new Set<RequestId>();
  #streamed = false;
  #tries = 0;

  constructor(url: URL, headers: Record<string, string>, egress: EgressPolicy, clock: Clock) {
    super(clock);
    this.#sockets = openSockets(egress);
    this.#sdk = new StreamableHTTPClientTransport(url, {
      requestInit: { headers },
      fetch: (to, init) => this.#fetch(to, init),
      reconnectionOptions: { ...AGAIN, maxRetries: Number.POSITIVE_INFINITY },
    });
    this.#sdk.onmessage = (message) => {
      if (!('method' in message) && message.id !== undefined) this.#open.delete(message.id);
      this.received(message);
    };
    this.#sdk.onerror = (error) => this.#odd(error);
  }

  start(): Promise<void> {
    return this.#sdk.start();
  }

  override setProtocolVersion(version: string): void {
    super.setProtocolVersion(version);
    this.#sdk.setProtocolVersion(version);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.mustBeWell();
    const id = isJSONRPCRequest(message) ? message.id : undefined;
    if (id !== undefined) this.#open.add(id);
    const sent = this.#sending
      .run(message, () => this.#sdk.send(message))
      .catch((error: unknown) => {
        if (id !== undefined) this.#open.delete(id);
        this.#failed(error, id);
      });
    const cancelled = CancelledNotificationSchema.safeParse(message).data?.params.requestId;
    if (cancelled === undefined) return sent;
    this.#open.delete(cancelled);
    await this.#within(PARTING, sent);
    // it was told, or does not listen: nothing of the call is waited for any more
    this.#exchanges.end((each) => each.id === cancelled || each.message === message);
  }

  protected async release(kindly: boolean): Promise<void> {
    // a server that does not hear it finds out by itself
    if (kindly)
      await this.#within(
        PARTING,
        this.#sdk.terminateSession().catch(() => undefined),
      );
    this.#exchanges.end();
    await this.#sdk.close();
    await this.#sockets.destroy();
  }

  async #fetch(to: string | URL, init: RequestInit = {}): Promise<Response> {
    const exchange = this.#exchanges.begin(init.signal, this.#sending.getStore());
    const { method = 'GET', body, redirect } = init;
    const listens = method === 'GET' && exchange.id === undefined;
    if (method === 'GET' && this.#isOver(exchange.id)) {
      exchange.done();
      // to the SDK: no stream is to be had, and none is to be asked for again
      return new Response(null, { status: 405 });
    }
    try {
      const answer = await fetch(to, {
        method,
        headers: Object.fromEntries(new Headers(init.headers)),
        signal: exchange.abort.signal,
        dispatcher: this.#sockets,
        ...(redirect && { redirect }),
        ...(typeof body === 'string' && { body }),
      });
      const { status, statusText, ok } = answer;
      if (listens) this.#listening(status);
      const shown = { status, statusText, headers: Object.fromEntries(answer.headers) };
      if (answer.body === null) {
        exchange.done();
        return new Response(null, shown);
      }
      const meter = new Meter(answer.headers.get('content-type')?.startsWith('text/event-stream') ?? false);
      const ended = () => {
        exchange.done();
        if (ok && !meter.resumable) this.#mustHaveAnswered(exchange.id);
      };
      return new Response(
        metered(answer.body, meter, (why) => this.fail(why), ended),
        shown,
      );
    } catch (error) {
      exchange.done();
      if (listens) this.#listening(0);
      throw error;
    }
  }

  /**
   * True when nobody waits any more for the rest of a broken stream: that of a call, or without an id the server's own.
   */
  #isOver(id: RequestId | undefined): boolean {
    return this.reason !== undefined || (id !== undefined && !this.#open.has(id));
  }

  /**
   * How it went with the stream on which the server speaks by itself. One that never was is none; 405 says that there
   * is none.
   */
  #listening(status: number): void {
    if (status >= 200 && status < 300) {
      if (this.#streamed) this.onresume?.();
      this.#streamed = true;
      this.#tries = 0;
    } else if (this.#streamed && ++this.#tries >= TRIES) {
      this.fail(`it cannot be reached any more${status === 0 ? '' : ` (${status})`}`);
    }
  }

  /**
   * A body that ended without the answer it should have brought. What came last may still be on its way through the
   * SDK.
   */
  #mustHaveAnswered(id: RequestId | undefined): void {
    if (id === undefined || !this.#open.has(id)) return;
    this.clock.after(SETTLING, () => {
      if (this.#open.has(id)) this.fail('it broke off in the middle of an answer');
    });
  }

  /** Input that the SDK could make nothing of. A failure of a call is told there. */
  #odd(error: Error): void {
    if (!isGarbage(error)) return;
    const close = this.guard.garbage();
    if (close !== undefined) this.fail(close);
  }

  /**
   * A message that did not get through. A refusal is the server's answer to the call; what broke leaves the link
   * broken.
   */
  #failed(error: unknown, id: RequestId | undefined): void {
    const dial = dialErrorIn(error);
    if (dial) {
      this.fail(`it cannot be reached: ${dial.message}`);
      throw dial;
    }
    // cancelled, and told so already
    if (error instanceof Error && error.name === 'AbortError') return;
    if (error instanceof StreamableHTTPError) this.#refused(error.code ?? 0, error.message, id);
    else if (isGarbage(error)) this.#answer(id, LOST, 'it answered with what is no MCP message');
    else this.fail(`the connection broke: ${deepest(error)}`);
  }

  #refused(status: number, said: string, id: RequestId | undefined): void {
    if (status === 404 && this.#sdk.sessionId !== undefined) {
      this.fail('its session is over');
      throw new VsmError('VSM_MCP', 'its session is over');
    }
    const why = status > 0 ? refusalOf(status, said) : said;
    this.#answer(id, status >= 300 && status < 500 ? ErrorCode.InvalidRequest : LOST, why);
  }

  #answer(id: RequestId | undefined, code: number, message: string): void {
    if (id === undefined || this.reason !== undefined) return;
    this.onmessage?.({ jsonrpc: '2.0', id, error: { code, message } });
  }

  /** Resolves with the task, or after so many ms. */
  async #within(ms: number, task: Promise<void>): Promise<void> {
    let stop = () => {};
    const late = new Promise<void>((resolve) => {
      stop = this.clock.after(ms, resolve);
    });
    await Promise.race([task, late]).finally(stop);
  }
}
