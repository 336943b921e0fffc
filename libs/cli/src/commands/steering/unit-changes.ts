import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Answer, QUESTIONS, reasonOf, VsmError } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { z } from 'zod';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import { line } from '../../output.js';

interface ChangeOptions extends AskOptions {
  file?: string;
  because: string;
}

/** `vsmcp units add|set|remove`: what System 3 is asked. Nothing of it changes vsmcp.yaml. */
export function unitChanges(group: Command): void {
  const file = ['--file <file>', 'YAML or JSON; - or none: standard input'] as const;
  const why = ['--because <why>', 'the reason, for the journal', ''] as const;

  asking(
    group
      .command('add')
      .option(...file)
      .option(...why)
      .description('units that are not there yet: a mapping of names to units, as under `units:` in vsmcp.yaml'),
    'vsmcp units add --file shops.yaml --because "the new shops"',
    `echo '{ "orders": { "responses": { "order.placed": "noted" } } }' | vsmcp units add`,
  ).action(async (options: ChangeOptions) => {
    const set = unitsIn(await read(options.file));
    return change(options, { set, fresh: true });
  });

  asking(
    group
      .command('set')
      .argument('<name>', 'of the unit')
      .option(...file)
      .option(...why)
      .description('one unit, in place of the one of that name'),
    'vsmcp units set orders --file orders.yaml',
    'vsmcp units show orders --json | jq ".units[0].unit.weight = 3 | .units[0].unit" | vsmcp units set orders',
  ).action(async (name: string, options: ChangeOptions) => {
    const set = { [name]: await read(options.file) };
    return change(options, { set });
  });

  asking(
    group
      .command('remove')
      .argument('<names...>', 'of the units')
      .option(...why)
      .description('units, whose events wait from then on'),
    'vsmcp units remove orders --because "sold"',
  ).action((remove: string[], options: ChangeOptions) => change(options, { remove }));
}

function change(options: ChangeOptions, what: object): Promise<void> {
  const body = { ...what, because: options.because, by: whoAmI() };
  return ask(options, (fleet) => fleet.patch('/units', body), QUESTIONS.arrange.answer, showChange);
}

function showChange({ because, version }: Answer<'arrange'>): string {
  return `accepted, version ${version}: ${line(because)}`;
}

async function read(file: string | undefined): Promise<unknown> {
  const source = file === undefined || file === '-' ? 'standard input' : file;
  try {
    return parse(source === file ? await readFile(file, 'utf8') : await text(process.stdin));
  } catch (error) {
    throw new VsmError('VSM_USAGE', `${source} cannot be read as YAML: ${reasonOf(error)}`, { cause: error });
  }
}

const Mapping = z.record(z.string(), z.unknown());

/** The mapping, also where it stands under `units:` as in vsmcp.yaml. */
function unitsIn(input: unknown): Record<string, unknown> {
  const mapping = Mapping.safeParse(input);
  if (!mapping.success) throw new VsmError('VSM_USAGE', 'expected a mapping of names to units, as in vsmcp.yaml');
  const inner = Mapping.safeParse(mapping.data.units);
  return Object.keys(mapping.data).length === 1 && inner.success && !('responses' in inner.data)
    ? inner.data
    : mapping.data;
}
