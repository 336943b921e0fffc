import {
  ErrorCode,
  type JSONRPCMessage,
  McpError,
  ProgressNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '@vsmcp/vsm';
import type { Progress } from '../server-launcher.js';
import { cleanText } from '../text.js';
import type { Link } from './link.js';

/** The first id: the SDK's client counts its own requests from 0 on the same link. */
const FIRST = 1_000_000_000;

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  /** Lets go of what else could end it. */
  end: () => void;
  onProgress: ((progress: Progress) => void) | undefined;
}

/** deadline: ms. signal: calls it off. onProgress: told what the server reports, which never extends the deadline. */
interface Making {
  deadline: number;
  signal: AbortSignal | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
}

/**
 * The requests `tools/call` of one link, beside the SDK's client, which does everything else there. It holds each
 * message to its schema three times and more; a call is made thousands of times a second, and its result is held to its
 * schema by who asked for it.
 */
export class Calls {
  readonly #waiting = new Map<number, Waiting>();
  #next = FIRST;

  constructor(
    private readonly link: Link,
    private readonly clock: Clock,
  ) {}

  /** Takes its answers out of what comes. To be called once the SDK's client listens. */
  listen(): void {
    const { onmessage } = this.link;
    this.link.onmessage = (message, extra) => {
      if (!this.#answered(message)) onmessage?.(message, extra);
    };
  }

  /**
   * The result, as it came. Rejects with a VsmError when nothing was sent, and with an McpError when the server
   * refused, when the deadline (ms) passed, and when it was called off; of both the server is told.
   */
  make(name: string, args: Record<string, unknown>, { deadline, signal, onProgress }: Making): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const giveUp = (reason: string) => this.#giveUp(id, reason);
      const late = this.clock.after(deadline, () => giveUp('it took too long'));
      const off = () => giveUp('it was called off');
      signal?.addEventListener('abort', off);
      const end = () => {
        late();
        signal?.removeEventListener('abort', off);
      };
      this.#waiting.set(id, { resolve, reject, end, onProgress });
      const params = { name, arguments: args, ...(onProgress && { _meta: { progressToken: id } }) };
      this.link.send({ jsonrpc: '2.0', id, method: 'tools/call', params }).catch((error: unknown) => {
        this.#take(id)?.reject(error);
      });
    });
  }

  /** Nothing more will come. */
  close(): void {
    for (const id of this.#waiting.keys()) {
      this.#take(id)?.reject(new McpError(ErrorCode.ConnectionClosed, 'Connection closed'));
    }
  }

  #answered(message: JSONRPCMessage): boolean {
    if ('method' in message) return message.method === 'notifications/progress' && this.#progressed(message);
    if (typeof message.id !== 'number' || message.id < FIRST) return false;
    // One that nobody waits for came too late.
    const waiting = this.#take(message.id);
    if ('result' in message) waiting?.resolve(message.result);
    else waiting?.reject(new McpError(message.error.code, message.error.message, message.error.data));
    return true;
  }

  #progressed(message: JSONRPCMessage): boolean {
    const said = ProgressNotificationSchema.safeParse(message);
    if (!said.success) return false;
    const { progressToken, progress: done, total, message: words } = said.data.params;
    if (typeof progressToken !== 'number' || progressToken < FIRST) return false;
    this.#waiting.get(progressToken)?.onProgress?.({
      done,
      ...(total !== undefined && { total }),
      ...(words !== undefined && { message: cleanText(words, 200) }),
    });
    return true;
  }

  #giveUp(id: number, reason: string): void {
    this.#take(id)?.reject(new McpError(ErrorCode.RequestTimeout, reason));
    const params = { requestId: id, reason };
    // A link that takes nothing more is told of elsewhere.
    this.link.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params }).catch(() => undefined);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(id);
    waiting.end();
    return waiting;
  }
}
