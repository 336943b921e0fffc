import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Unlinked } from '@vsmcp/mcp';

/** A plain file of a folder. Times in ms since the epoch. */
export interface Seen {
  name: string;
  size: number;
  /** When its content last changed. */
  modified: number;
  /** When it last changed in any way; being put there by a move counts. */
  changed: number;
}

/** Longer files come without their text; bytes. */
export const MOST_TEXT = 262_144;

/** Files that somebody is still working on, or that are none of ours. */
const HIDDEN = /^\.|~$|^~|\.(tmp|temp|swp|swx|part|partial|crdownload|download)$/i;

/** A file that is passed over, and why. */
export type PassedOver = (name: string, why: string) => void;

/**
 * The plain files directly in a folder, sorted by name; hidden and temporary ones, links and folders are passed over.
 * Told of are files whose names are not UTF-8 (nobody could open them by the name that an event would have), and files
 * with other names (hard links), of which others may see or change the content.
 */
export async function filesIn({ path }: Pick<Unlinked, 'path'>, passed: PassedOver): Promise<Seen[]> {
  const found: Seen[] = [];
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (!entry.isFile() || HIDDEN.test(entry.name)) continue;
    const stats = await statOf(join(path, entry.name));
    if (stats === undefined && entry.name.includes('\uFFFD')) passed(entry.name, 'its name is not UTF-8; rename it');
    if (!stats?.isFile()) continue;
    if (stats.nlink > 1) passed(entry.name, 'it has other names too (hard links); put a copy there');
    else found.push({ name: entry.name, size: stats.size, modified: stats.mtimeMs, changed: stats.ctimeMs });
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

export function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ELOOP');
}

/** SHA-256 of a file and, when it is valid UTF-8 and not too long, its text. Links are not followed. */
export async function readSensed(
  folder: Pick<Unlinked, 'file'>,
  name: string,
): Promise<{ sha: string; bytes: number; text?: string }> {
  const file = await folder.file(name);
  try {
    const hash = createHash('sha256');
    const kept: Buffer[] = [];
    let bytes = 0;
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      const piece: Buffer = chunk;
      hash.update(piece);
      bytes += piece.length;
      if (bytes <= MOST_TEXT) kept.push(piece);
    }
    const text = bytes <= MOST_TEXT ? utf8(Buffer.concat(kept)) : undefined;
    return text === undefined ? { sha: hash.digest('hex'), bytes } : { sha: hash.digest('hex'), bytes, text };
  } finally {
    await file.close();
  }
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
