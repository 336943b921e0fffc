import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';

/**
 * A way to one server, whatever carries it. `send` rejects with a VsmError only when nothing was written; a request of
 * which that is not known is answered with an error of code `LOST`, or the link is given up.
 */
export interface Link extends Transport {
  /** Why it is gone or being ended; undefined while all is well. */
  readonly reason: string | undefined;
  /** The MCP version that was agreed on; empty before. */
  readonly protocol: string;
  /** The end of what its process wrote to stderr, cleaned; empty where there is no process. */
  readonly stderr: string;
  /** Messages may have been missed: what is known of the server is to be read anew. */
  onresume?: () => void;
}

/**
 * Code of an answer that a link makes itself: the request was sent, and what came of it is not known. Not a code that
 * MCP uses.
 */
export const LOST = -31_000;

/** The reason of a link that was closed from here. */
export const CLOSED = 'it was closed';
