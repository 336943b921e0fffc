import type { LookupFunction } from 'node:net';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '@vsmcp/vsm';
import { type ClientOptions, WebSocket } from 'ws';
import type { EgressPolicy } from '../../egress/dial.js';
import { BOUNDS } from '../message-screen.js';
import { refusalOf } from './failures.js';
import { RemoteLink } from './remote-link.js';

/** MCP over WebSocket: one message a text frame. Redirects are not followed. */
export class WebSocketLink extends RemoteLink {
  #socket: WebSocket | undefined;

  constructor(
    private readonly url: URL,
    private readonly headers: Record<string, string>,
    private readonly egress: EgressPolicy,
    clock: Clock,
  ) {
    super(clock);
  }

  async start(): Promise<void> {
    this.egress.check(this.url.hostname);
    // it hands its options on to net.connect, or tls.connect
    const options: ClientOptions & { lookup: LookupFunction } = {
      headers: this.headers,
      lookup: this.egress.lookup,
      maxPayload: BOUNDS.line,
      // what was packed small could be anything unpacked
      perMessageDeflate: false,
    };
    await new Promise<void>((resolve, reject) => {
      const socket = new WebSocket(this.url, 'mcp', options);
      this.#socket = socket;
      socket.on('open', resolve);
      socket.on('unexpected-response', (request, response) => {
        request.destroy();
        reject(new Error(refusalOf(response.statusCode ?? 0, response.headers.location ?? '')));
        this.fail('it refused the connection');
      });
      socket.on('error', (error) => {
        reject(error);
        this.fail(`the connection broke: ${error.message}`);
      });
      socket.on('close', (code) => {
        reject(new Error('it closed the connection'));
        this.fail(`it closed the connection (${code})`);
      });
      socket.on('message', (data, binary) => {
        if (binary) this.fail('it sent a frame that is no text');
        else this.receivedText(data.toString());
      });
    });
  }

  /** Resolves when the message is written. */
  async send(message: JSONRPCMessage): Promise<void> {
    this.mustBeWell();
    const socket = this.#socket;
    if (!socket) return;
    // one that breaks while it is written closes the link, which settles the call
    await new Promise<void>((resolve) => socket.send(JSON.stringify(message), () => resolve()));
  }

  protected release(kindly: boolean): Promise<void> {
    const socket = this.#socket;
    if (!socket || socket.readyState === WebSocket.CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      const stop = this.clock.after(PARTING, () => socket.terminate());
      socket.once('close', () => {
        stop();
        resolve();
      });
      if (kindly && socket.readyState === WebSocket.OPEN) socket.close(1000);
      else socket.terminate();
    });
  }
}

/** ms for the other side to say goodbye. */
const PARTING = 1000;
