import { setMaxListeners } from 'node:events';
import { isJSONRPCRequest, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/sdk/types.js';

/** One request over HTTP, as long as anything of it is open. */
export interface Exchange {
  /** The message it carries, and its id when that is a request; undefined where it only listens. */
  message: JSONRPCMessage | undefined;
  id: RequestId | undefined;
  abort: AbortController;
  done(): void;
}

/**
 * Gives each exchange a signal of its own, which goes with it: the SDK hands the same one to all, and what listens
 * there would stay as long as the connection.
 */
export class Exchanges {
  readonly #open = new Set<Exchange>();
  #outer: AbortSignal | undefined;

  begin(outer: AbortSignal | null | undefined, message: JSONRPCMessage | undefined): Exchange {
    if (outer && outer !== this.#outer) {
      this.#outer = outer;
      // one for each exchange under way
      setMaxListeners(0, outer);
    }
    const abort = new AbortController();
    const onAbort = () => abort.abort(outer?.reason);
    outer?.addEventListener('abort', onAbort);
    if (outer?.aborted) onAbort();
    const done = () => {
      outer?.removeEventListener('abort', onAbort);
      this.#open.delete(exchange);
    };
    const id = message && isJSONRPCRequest(message) ? message.id : undefined;
    const exchange: Exchange = { message, id, abort, done };
    this.#open.add(exchange);
    return exchange;
  }

  end(which: (exchange: Exchange) => boolean = () => true): void {
    for (const exchange of this.#open) if (which(exchange)) exchange.abort.abort();
  }
}
