import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { isJSONRPCNotification, isJSONRPCRequest, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '@vsmcp/vsm';
import { Budget } from '../budget.js';

/** Bounds past which a server is closed. Sizes in bytes, periods in ms. */
export const BOUNDS = {
  line: 16 * 2 ** 20,
  garbage: { bytes: 2 ** 20, lines: 100, per: 60_000 },
  unasked: { messages: 1000, per: 10_000 },
} as const;

const BRACE = '{'.charCodeAt(0);

/** Tells messages from garbage on a server's stdout, and too much of either. Each method returns why to close, or what it found. */
export class Guard {
  readonly #bytes: Budget;
  readonly #lines: Budget;
  readonly #unasked: Budget;

  constructor(clock: Clock) {
    this.#bytes = new Budget(BOUNDS.garbage.bytes, BOUNDS.garbage.per, clock);
    this.#lines = new Budget(BOUNDS.garbage.lines, BOUNDS.garbage.per, clock);
    this.#unasked = new Budget(BOUNDS.unasked.messages, BOUNDS.unasked.per, clock);
  }

  /** A whole line: a message, nothing (garbage within bounds), or why to close. */
  read(line: string): { message?: JSONRPCMessage; close?: string } {
    if (line.trim() === '') return {};
    const message = parse(line);
    if (!message) {
      if (this.#lines.spend() && this.#bytes.spend(line.length)) return {};
      return { close: `it wrote more than ${BOUNDS.garbage.lines} lines or 1 MiB to stdout that are not MCP messages` };
    }
    const unasked = isJSONRPCNotification(message) || isJSONRPCRequest(message);
    if (!unasked || this.#unasked.spend()) return { message };
    return {
      close: `it sent more than ${BOUNDS.unasked.messages} notifications and requests in ${BOUNDS.unasked.per / 1000} s`,
    };
  }

  /** A line that has not ended yet: why to close, if so. */
  pending({ bytes, first }: { bytes: number; first: number | undefined }): string | undefined {
    if (first !== BRACE && bytes > BOUNDS.garbage.bytes) return 'it wrote more than 1 MiB to stdout without a newline';
    return bytes > BOUNDS.line ? 'it sent a message of more than 16 MiB' : undefined;
  }
}

function parse(line: string): JSONRPCMessage | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    const message = JSONRPCMessageSchema.safeParse(JSON.parse(line));
    return message.success ? message.data : undefined;
  } catch {
    // not JSON: garbage, which the caller counts
    return undefined;
  }
}
