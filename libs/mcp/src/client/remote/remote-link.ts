import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { type Clock, VsmError } from '@vsmcp/vsm';
import { CLOSED, type Link } from '../link.js';
import { MessageScreen } from '../message-screen.js';

/**
 * The common part of all links to servers elsewhere: bounds on what comes, and one end, after which nothing is sent or
 * heard.
 */
export abstract class RemoteLink implements Link {
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  onresume?: () => void;
  /** There is no process here that could write. */
  readonly stderr = '';
  protocol = '';
  protected readonly guard: MessageScreen;
  #reason: string | undefined;
  #ended: Promise<void> | undefined;

  constructor(protected readonly clock: Clock) {
    this.guard = new MessageScreen(clock);
  }

  get reason(): string | undefined {
    return this.#reason;
  }

  setProtocolVersion(version: string): void {
    this.protocol = version;
  }

  abstract start(): Promise<void>;
  abstract send(message: JSONRPCMessage): Promise<void>;
  /** Lets go of its sockets. Never rejects. @param kindly it was well until now: the server may be told */
  protected abstract release(kindly: boolean): Promise<void>;

  close(): Promise<void> {
    return this.#end(CLOSED, true);
  }

  /** It broke or misbehaves. */
  protected fail(reason: string): void {
    void this.#end(reason, false);
  }

  /** Sending needs a link that is well. */
  protected mustBeWell(): void {
    if (this.#reason !== undefined) throw new VsmError('VSM_MCP', `the server is gone: ${this.#reason}`);
  }

  protected received(message: JSONRPCMessage): void {
    if (this.#reason !== undefined) return;
    const close = this.guard.flood(message);
    if (close === undefined) this.onmessage?.(message);
    else this.fail(close);
  }

  /** A line or a frame that should be one message. */
  protected receivedText(text: string): void {
    if (this.#reason !== undefined) return;
    const { message, close } = this.guard.read(text);
    if (close !== undefined) this.fail(close);
    if (message !== undefined) this.onmessage?.(message);
  }

  #end(reason: string, kindly: boolean): Promise<void> {
    if (this.#ended === undefined) {
      this.#reason = reason;
      this.#ended = this.release(kindly).then(() => this.onclose?.());
    }
    return this.#ended;
  }
}
