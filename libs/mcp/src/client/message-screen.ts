import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { JSONRPCMessageSchema, type JSONRPCResultResponse } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '@vsmcp/vsm';
import { Budget } from '../budget.js';

/** Bounds past which a server is closed. Sizes in bytes, periods in ms. */
export const BOUNDS = {
  line: 16 * 2 ** 20,
  garbage: { bytes: 2 ** 20, lines: 100, per: 60_000 },
  unasked: { messages: 1000, per: 10_000 },
  progress: { messages: 20_000, per: 10_000 },
} as const;

const BRACE = '{'.charCodeAt(0);

/**
 * Tells messages from garbage in what a server writes, and too much of either. Each method returns why to close, or
 * what it found.
 */
export class MessageScreen {
  readonly #bytes: Budget;
  readonly #lines: Budget;
  readonly #unasked: Budget;
  readonly #progress: Budget;

  constructor(clock: Clock) {
    this.#bytes = new Budget(BOUNDS.garbage.bytes, BOUNDS.garbage.per, clock);
    this.#lines = new Budget(BOUNDS.garbage.lines, BOUNDS.garbage.per, clock);
    this.#unasked = new Budget(BOUNDS.unasked.messages, BOUNDS.unasked.per, clock);
    this.#progress = new Budget(BOUNDS.progress.messages, BOUNDS.progress.per, clock);
  }

  /** A whole line: a message, nothing (garbage within bounds), or why to close. */
  read(line: string): { message?: JSONRPCMessage; close?: string } {
    if (line.trim() === '') return {};
    const message = parse(line);
    if (!message) {
      if (this.#lines.spend() && this.#bytes.spend(line.length)) return {};
      return { close: `it wrote more than ${BOUNDS.garbage.lines} lines or 1 MiB that are not MCP messages` };
    }
    const close = this.flood(message);
    return close === undefined ? { message } : { close };
  }

  /**
   * A message that came: why to close, when it is one too many that nobody asked for, or that says how far a call is.
   */
  flood(message: JSONRPCMessage): string | undefined {
    if (!('method' in message)) return undefined;
    if (message.method === 'notifications/progress') {
      if (this.#progress.spend()) return undefined;
      return `it sent more than ${BOUNDS.progress.messages} reports of progress in ${BOUNDS.progress.per / 1000} s`;
    }
    if (this.#unasked.spend()) return undefined;
    return `it sent more than ${BOUNDS.unasked.messages} notifications and requests in ${BOUNDS.unasked.per / 1000} s`;
  }

  /** Something came that is no message: why to close, when there is too much of it. */
  garbage(): string | undefined {
    if (this.#lines.spend()) return undefined;
    return `it sent more than ${BOUNDS.garbage.lines} things that are not MCP messages`;
  }

  /** A line that has not ended yet: why to close, if so. */
  pending({ bytes, first }: { bytes: number; first: number | undefined }): string | undefined {
    if (first !== BRACE && bytes > BOUNDS.garbage.bytes) return 'it wrote more than 1 MiB without a newline';
    return bytes > BOUNDS.line ? 'it sent a message of more than 16 MiB' : undefined;
  }
}

function parse(line: string): JSONRPCMessage | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    if (isPlainResult(value)) return value;
    const message = JSONRPCMessageSchema.safeParse(value);
    return message.success ? message.data : undefined;
  } catch {
    // not JSON: garbage, which the caller counts
    return undefined;
  }
}

/** The message that comes most, without what only a schema can judge. */
function isPlainResult(value: unknown): value is JSONRPCResultResponse {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 3) return false;
  if (!('jsonrpc' in value && 'id' in value && 'result' in value)) return false;
  const { jsonrpc, id, result } = value;
  if (jsonrpc !== '2.0' || !Number.isSafeInteger(id)) return false;
  return typeof result === 'object' && result !== null && !Array.isArray(result) && !('_meta' in result);
}
