import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LabOptions } from '../../lab/options.js';

/** `vsmcp lab` */
export function lab(vsmcp: Command): void {
  const group = vsmcp.command('lab').description('run a day of a fleet on virtual time, with a system left out or not');
  group
    .command('run')
    .argument('<day>', 'the day: a YAML file, see docs/lab.md')
    .description('run the day as the file has it, and again without a system; figures, curves, and a diagnosis')
    .addOption(
      new Option('--without <systems...>', 'leave these out, and compare with the whole').choices([
        's2',
        's3',
        's4',
        's5',
      ]),
    )
    .option('--only', 'with --without: do not run the whole as well')
    .option('--seed <n>', 'of all randomness; the same seed, the same journal', whole, 1)
    .option('--speed <x>', 'at most so many seconds of the day in one of yours; 0: as fast as possible', amount, 0)
    .option('--csv <folder>', 'write journal, minutes and a plot (SVG) of each run there')
    .option('--json', 'print the figures as JSON')
    .addHelpText(
      'after',
      `
Examples:
  vsmcp lab run day.yaml
  vsmcp lab run day.yaml --without s2 --csv out/
  vsmcp lab run day.yaml --seed 7 --speed 60`,
    )
    .action(async (file: string, options: LabOptions) => {
      // the services are loaded only by who runs them: the other commands stay quick
      const { runLab } = await import('../../lab/lab.js');
      await runLab(file, options);
    });
}

function whole(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('a whole number');
  return number;
}

function amount(text: string): number {
  const number = Number(text);
  if (!(number >= 0 && number < 1e9)) throw new InvalidArgumentError('a number, 0 or more');
  return number;
}
