import { createHash } from 'node:crypto';

/** Limits of what is kept of a message that could not be read (bytes), and of its headers (characters of JSON). */
const KEPT_BYTES = 4096;
const KEPT_HEADERS = 4096;

/** The evidence kept of a message that could not be read: enough to recognise it and to see what it was. */
export interface Evidence {
  raw: string;
  bytes: number;
  sha256: string;
  headers: Record<string, unknown>;
}

export function evidenceOf(content: Uint8Array, headers: Readonly<Record<string, unknown>>): Evidence {
  return {
    raw: Buffer.from(content.subarray(0, KEPT_BYTES)).toString('utf8'),
    bytes: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    headers: bounded(headers),
  };
}

function bounded(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const size = JSON.stringify(headers).length;
  if (size <= KEPT_HEADERS) return { ...headers };
  const names = Object.keys(headers)
    .slice(0, 50)
    .map((name) => name.slice(0, 50));
  return { cut: `headers of ${size} characters`, names };
}
