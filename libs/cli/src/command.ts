import { userInfo } from 'node:os';
import { VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { z } from 'zod';
import { type Fleet, fleetAt } from './fleet.js';

/** Options every command that asks the fleet has. */
export interface AskOptions {
  json?: true;
}

/** Adds `--json`, and examples to the help. */
export function asking(command: Command, ...examples: string[]): Command {
  return command
    .option('--json', 'print the answer as the API gives it')
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

/**
 * Asks the fleet once and prints the answer: as JSON, or as `render` tells it to people.
 * @param shape what the answer is checked against
 * @param judge may throw after the answer has been printed, when it means that the command failed
 */
export async function ask<S extends z.ZodType>(
  options: AskOptions,
  call: (fleet: Fleet) => Promise<unknown>,
  shape: S,
  render: (answer: z.output<S>) => string,
  judge: (answer: z.output<S>) => void = () => {},
): Promise<void> {
  const answer = await call(fleetAt());
  if (options.json) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  const parsed = shape.safeParse(answer);
  if (!parsed.success) {
    throw new VsmError(
      'VSM_REFUSED',
      `the fleet's answer is not of this version's shape: ${z.prettifyError(parsed.error)}\n--json prints it as it is`,
    );
  }
  if (!options.json) process.stdout.write(`${render(parsed.data)}\n`);
  judge(parsed.data);
}

/** Parses an option whose value is JSON. */
export function jsonOption(flag: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new VsmError('VSM_USAGE', `${flag} must be JSON, such as '{"name":"value"}'; got ${text}`, { cause: error });
  }
}

/** The asker's name, as the journal will have it. */
export function whoAmI(): string {
  return `cli:${userInfo().username}`;
}
