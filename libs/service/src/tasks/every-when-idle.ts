import { type Clock, reasonOf } from '@vsmcp/vsm';
import type { Log } from '../log.js';

/**
 * Runs a task every `ms` milliseconds, the first time after `ms`, and never twice at the same time: while one still
 * runs, the ones that fall due are left out. A failure is logged as `trouble` with its reason, and the task is tried
 * again when it is due next.
 * @param level of that log line
 * @returns stops it; resolves when the task that is under way has ended
 */
export function everyWhenIdle(
  { clock, log }: { clock: Clock; log: Pick<Log, 'warn' | 'error'> },
  ms: number,
  task: () => Promise<void>,
  trouble: string,
  level: 'warn' | 'error' = 'error',
): () => Promise<void> {
  let running: Promise<void> | undefined;

  async function run(): Promise<void> {
    try {
      await task();
    } catch (error) {
      log[level]({ err: error }, `${trouble}: ${reasonOf(error)}`);
    }
  }

  const stop = clock.every(ms, () => {
    running ??= run().finally(() => {
      running = undefined;
    });
  });
  return async () => {
    stop();
    await running;
  };
}
