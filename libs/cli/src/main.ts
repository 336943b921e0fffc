import { reasonOf } from '@vsmcp/vsm';
import { CommanderError } from 'commander';
import { Ended } from './ended.js';
import { program } from './program.js';

/** sysexits.h: the command was used wrongly. */
export const EX_USAGE = 64;

/** ms that what a command left open may keep its process. */
const LINGER = 1000;

/** Runs one `vsmcp` command as this process, which ends with its exit code, and soon, whatever is still open then. */
export async function runProcess(argv: readonly string[]): Promise<void> {
  process.exitCode = await run(argv);
  setTimeout(() => process.exit(), LINGER).unref();
}

/**
 * Runs one `vsmcp` command to its end.
 * @returns the exit code: 0, 1 when it failed, 64 when it was used wrongly, or the command's own
 */
export async function run(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv, { from: 'user' });
    return 0;
  } catch (error) {
    // commander has said what is wrong by then; help and version that were asked for are no errors
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EX_USAGE;
    if (error instanceof Ended) return error.exitCode;
    process.stderr.write(`vsmcp: ${reasonOf(error)}\n`);
    return isUsage(error) ? EX_USAGE : 1;
  }
}

function isUsage(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'VSM_USAGE';
}
