import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { CLOSED, type Link } from '@vsmcp/mcp';
import { VsmError } from '@vsmcp/vsm';

/** The way to a server in this process. */
export class MemoryLink implements Link {
  readonly stderr = '';
  protocol = '';
  reason: string | undefined;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  onmessage?: (message: JSONRPCMessage) => void;
  readonly #near: InMemoryTransport;
  readonly #far: InMemoryTransport;
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    [this.#near, this.#far] = InMemoryTransport.createLinkedPair();
  }

  async start(): Promise<void> {
    this.#near.onmessage = (message) => this.onmessage?.(message);
    this.#near.onerror = (error) => this.onerror?.(error);
    this.#near.onclose = () => {
      this.reason ??= 'the server ended';
      this.onclose?.();
    };
    await this.#server.connect(this.#far);
    await this.#near.start();
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.reason !== undefined) throw new VsmError('VSM_MCP', `the server is gone: ${this.reason}`);
    return this.#near.send(message);
  }

  setProtocolVersion(version: string): void {
    this.protocol = version;
  }

  async close(): Promise<void> {
    this.reason ??= CLOSED;
    await this.#near.close();
  }
}
