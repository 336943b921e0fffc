import { BOUNDS } from '../message-screen.js';

const [LF, CR] = [10, 13];
const ID = [...Buffer.from('id:')];

/**
 * Watches a body go by: a JSON answer is one message; in an event stream an event is, which ends at an empty line.
 * Tells too much of one, and whether the stream can be taken up again where it broke off (its events have ids).
 */
export class Meter {
  resumable = false;
  #bytes = 0;
  /** Of the line at hand, and whether it began as an id does. */
  #length = 0;
  #isId = true;
  #last = 0;

  constructor(private readonly stream: boolean) {}

  /** Why to break off, if so. */
  push(chunk: Uint8Array): string | undefined {
    if (this.stream) for (const byte of chunk) this.#take(byte);
    else this.#bytes += chunk.length;
    return this.#bytes > BOUNDS.line ? 'it sent a message of more than 16 MiB' : undefined;
  }

  #take(byte: number): void {
    const ends = byte === LF || byte === CR;
    const half = byte === LF && this.#last === CR;
    this.#last = byte;
    this.#bytes++;
    if (!ends) {
      this.#isId &&= this.#length >= ID.length || byte === ID[this.#length];
      this.#length++;
      return;
    }
    if (half) return;
    if (this.#length === 0) this.#bytes = 0;
    else if (this.#isId && this.#length >= ID.length) this.resumable = true;
    this.#length = 0;
    this.#isId = true;
  }
}

/**
 * The same body, watched.
 * @param broken told why it is broken off
 * @param ended told once, however it ended
 */
export function metered(
  body: ReadableStream<Uint8Array>,
  meter: Meter,
  broken: (why: string) => void,
  ended: () => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (done) {
            ended();
            controller.close();
            return;
          }
          const why = meter.push(value);
          if (why === undefined) return controller.enqueue(value);
          broken(why);
          throw new Error(why);
        } catch (error) {
          ended();
          controller.error(error);
        }
      },
      async cancel(reason) {
        ended();
        await reader.cancel(reason);
      },
    },
    // nothing is read ahead
    { highWaterMark: 0 },
  );
}
