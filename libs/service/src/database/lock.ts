import { closeSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { VsmError } from '@vsmcp/vsm';

/**
 * Locks of this process. One that carries its id and is not among them is a former process's: in a container ids come
 * again.
 */
const mine = new Set<string>();

/**
 * Takes a folder for this process. The lock lies beside the folder, because the database itself wants to own what is
 * inside.
 * @returns gives it back
 * @throws VSM_DATABASE naming the process that has it
 */
export function lockFolder(folder: string): () => void {
  const path = resolve(folder);
  const file = join(dirname(path), `.${basename(path)}.lock`);
  mkdirSync(dirname(path), { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = openSync(file, 'wx');
      writeSync(handle, `${process.pid}\n`);
      closeSync(handle);
      mine.add(file);
      return () => {
        mine.delete(file);
        release(file);
      };
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    }
    const holder = holderOf(file);
    if (holder !== undefined && (holder === process.pid ? mine.has(file) : isAlive(holder)))
      throw taken(path, holder, file);
    release(file); // its process is gone
  }
  throw taken(path, holderOf(file), file);
}

/** The living process that has a folder, and the file that says so; undefined when it is free. */
export function holderOfFolder(folder: string): { pid: number; file: string } | undefined {
  const path = resolve(folder);
  const file = join(dirname(path), `.${basename(path)}.lock`);
  const pid = holderOf(file);
  return pid !== undefined && isAlive(pid) ? { pid, file } : undefined;
}

function taken(folder: string, holder: number | undefined, file: string): VsmError {
  const who = holder === process.pid ? 'this process already' : `process ${holder ?? '(unknown)'}`;
  return new VsmError(
    'VSM_DATABASE',
    `${folder} is open in ${who}; two on one folder lose rows. Stop that process, set VSMCP_DATA_DIR to another folder, ` +
      `or use PostgreSQL (VSMCP_DATABASE_URL). If no such process runs, delete ${file}`,
  );
}

function holderOf(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined; // gone meanwhile
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function release(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
