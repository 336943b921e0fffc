/** Parts a stream of bytes into lines without copying more than once; a line is bounded. */
export class Lines {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** Bytes of the line that has not ended yet, and its first byte. */
  get pending(): { bytes: number; first: number | undefined } {
    return { bytes: this.#bytes, first: this.#parts[0]?.[0] };
  }

  /** The lines that `chunk` completes. */
  *push(chunk: Buffer): Generator<string> {
    let rest = chunk;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      this.#parts.push(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#bytes = 0;
      yield line?.toString('utf8') ?? '';
    }
    if (rest.length > 0) {
      this.#parts.push(rest);
      this.#bytes += rest.length;
    }
  }
}
