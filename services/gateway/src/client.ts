import type { ServerResponse } from 'node:http';
import type { StreamEvent } from './routes/stream.js';

/** Lines kept for a client that reads too slowly. */
const MOST_WAITING = 500;

/**
 * One reader of the stream. What does not fit is dropped, the oldest first, and counted: the client is told how many.
 */
export class Client {
  readonly #response: ServerResponse;
  #waiting: string[] = [];
  #dropped = 0;
  #blocked = false;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('drain', () => this.#flush());
  }

  send(event: StreamEvent, data: object): void {
    this.#waiting.push(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    if (this.#waiting.length > MOST_WAITING) {
      this.#waiting.shift();
      this.#dropped++;
    }
    this.#flush();
  }

  /** A comment line, so that what lies between does not take silence for the end. */
  keepAlive(): void {
    if (!this.#blocked) this.#write(': alive\n\n');
  }

  end(): void {
    this.#response.end();
  }

  #flush(): void {
    if (this.#response.writableNeedDrain || this.#response.writableEnded) return;
    this.#blocked = false;
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#write(`event: dropped\ndata: {"dropped":${dropped}}\n\n`);
    }
    const lines = this.#waiting;
    this.#waiting = [];
    for (const [index, line] of lines.entries()) {
      if (this.#blocked) {
        this.#waiting = lines.slice(index);
        return;
      }
      this.#write(line);
    }
  }

  #write(line: string): void {
    this.#blocked = !this.#response.write(line);
  }
}
