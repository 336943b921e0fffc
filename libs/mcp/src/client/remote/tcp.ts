import { connect, type Socket } from 'node:net';
import { serializeMessage } from '@modelcontextprotocol/sdk/shared/stdio.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '@vsmcp/vsm';
import { nameOf } from '../../egress/addresses.js';
import type { EgressPolicy } from '../../egress/dial.js';
import { Full } from '../full.js';
import { Lines } from '../lines.js';
import { RemoteLink } from './remote-link.js';

/** ms of silence after which TCP itself asks whether the other side is there. */
export const KEEP_ALIVE = 30_000;
/** ms for the other side to take what was written last. */
const PARTING = 1000;

/** MCP over TCP: JSON-RPC, one message a line. */
export class TcpLink extends RemoteLink {
  readonly #lines = new Lines();
  readonly #full = new Full();
  #socket: Socket | undefined;

  constructor(
    private readonly url: URL,
    private readonly egress: EgressPolicy,
    clock: Clock,
  ) {
    super(clock);
  }

  async start(): Promise<void> {
    const host = nameOf(this.url.hostname);
    this.egress.check(host);
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port: Number(this.url.port), lookup: this.egress.lookup }, resolve);
      this.#socket = socket;
      socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
      socket.on('error', (error) => {
        reject(error);
        this.fail(`the connection broke: ${error.message}`);
      });
      socket.on('drain', () => this.#full.over());
      socket.on('close', () => {
        this.#full.over();
        reject(new Error('it closed the connection'));
        this.fail('it closed the connection');
      });
      socket.on('data', (chunk) => this.#read(chunk));
    });
  }

  /** Resolves when the message is written; a full socket is waited for. */
  async send(message: JSONRPCMessage): Promise<void> {
    this.mustBeWell();
    const socket = this.#socket;
    if (!socket || socket.write(serializeMessage(message))) return;
    await this.#full.wait();
  }

  /** Written data is sent before it closes, unless it is not connected yet or the other side does not take it. */
  protected async release(kindly: boolean): Promise<void> {
    const socket = this.#socket;
    if (!socket || socket.destroyed) return;
    if (!kindly || socket.connecting) {
      socket.destroy();
      return;
    }
    socket.once(
      'close',
      this.clock.after(PARTING, () => socket.destroy()),
    );
    socket.destroySoon();
  }

  #read(chunk: Buffer): void {
    for (const line of this.#lines.push(chunk)) this.receivedText(line);
    const close = this.guard.pending(this.#lines.pending);
    if (close !== undefined) this.fail(close);
  }
}
