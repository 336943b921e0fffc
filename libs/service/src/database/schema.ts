import { createHash } from 'node:crypto';

/** PostgreSQL cuts longer names off. */
const MOST_BYTES = 63;

/** A quoted name for the schema of a fleet's path, which has no quotes. A long one is told by its hash. */
export function schemaName(name: string): string {
  const fits = Buffer.byteLength(name) <= MOST_BYTES;
  return `"${fits ? name : createHash('sha256').update(name).digest('hex').slice(0, 40)}"`;
}

export const createSchema = (schema: string): string => `-- schema\nCREATE SCHEMA IF NOT EXISTS ${schema}`;
