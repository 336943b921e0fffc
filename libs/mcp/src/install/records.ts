import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codeOf } from '../files.js';

/** The record of an installation, kept in its folder and in `by-name`. */
const Record = z.object({
  package: z.string(),
  version: z.string(),
  /** Name of the folder beside `by-name`. */
  folder: z.string().regex(/^[0-9a-f]{32}$/),
  integrity: z.string(),
  lock: z.string(),
  tree: z.string(),
});
export type Record = z.infer<typeof Record>;

/** Where the record of a package at its version is, below the folder of all servers. */
export const recordPath = (root: string, npm: string): string =>
  join(root, 'by-name', `${encodeURIComponent(npm)}.json`);

/** A record; undefined when there is none, or none that this version can read. */
export async function readRecord(path: string): Promise<Record | undefined> {
  const text = await readFile(path, 'utf8').catch(gone);
  if (text === undefined) return undefined;
  const record = Record.safeParse(parsed(text));
  return record.success ? record.data : undefined;
}

/** A record that a power cut left half written is none: the server is installed anew. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** For what may be missing. */
export function gone(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined;
  throw error;
}
