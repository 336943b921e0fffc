import { spawn } from 'node:child_process';
import { cleanText } from './text.js';

export interface Ran {
  /** null when a signal ended it. */
  code: number | null;
  /** The last 16 KiB of each, cleaned. */
  stdout: string;
  stderr: string;
  /** Why it was ended from here. */
  ended?: 'timeout' | 'aborted';
}

const TAIL = 16_384;

/**
 * Runs a program to its end, without a shell, in a process group of its own that is killed at the timeout (ms) or on
 * abort. It gets `inherit`, open here, from 3 on.
 */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeout: number; signal?: AbortSignal; inherit?: readonly number[] },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(options.inherit ?? [])],
    });
    let ended: Ran['ended'];
    const end = (why: 'timeout' | 'aborted') => {
      ended ??= why;
      killGroup(child.pid, 'SIGKILL');
    };
    const onAbort = () => end('aborted');
    const timer = setTimeout(() => end('timeout'), options.timeout);
    options.signal?.addEventListener('abort', onAbort);
    if (options.signal?.aborted) onAbort();
    const done = () => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', onAbort);
    };
    const tail = { stdout: '', stderr: '' };
    child.stdout?.on('data', (chunk: Buffer) => {
      tail.stdout = (tail.stdout + chunk.toString('utf8')).slice(-TAIL);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      tail.stderr = (tail.stderr + chunk.toString('utf8')).slice(-TAIL);
    });
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code) => {
      done();
      resolve({ code, stdout: cleanText(tail.stdout, TAIL), stderr: cleanText(tail.stderr, TAIL), ended });
    });
  });
}

/** Signals a whole process group; false when nothing of it is left. */
export function killGroup(leader: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (leader === undefined) return false;
  try {
    process.kill(-leader, signal);
    return true;
  } catch {
    // ESRCH: it is gone, which is what was wanted
    return false;
  }
}
