import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AskOptions, ask, asking } from '../command.js';
import { table } from '../output.js';

/** `vsmcp units` */
export function units(vsmcp: Command): void {
  asking(
    vsmcp.command('units').description('the units of System 1: what each absorbs and how it answers'),
    'vsmcp units',
    'vsmcp units --json | jq ".units[].name"',
  ).action((options: AskOptions) => ask(options, (fleet) => fleet.get('/units'), QUESTIONS.units.answer, show));
}

const Calls = z.looseObject({ call: z.string() });

function show({ units }: Answer<'units'>): string {
  if (units.length === 0) return 'No unit: add some under `units:` in vsmcp.yaml.';
  const rows = units.flatMap((unit) => {
    const responses = Object.entries(unit.responses).map(([pattern, response]) => [
      pattern,
      `${answerOf(response)}${unit.acquired.includes(pattern) ? ' (acquired)' : ''}`,
    ]);
    const open = unit.absorbs
      .filter((pattern) => !(pattern in unit.responses))
      .map((pattern) => [pattern, unit.system === undefined ? 'waits' : `goes down to ${unit.system}`]);
    return [...responses, ...open].map((cells, i) => [i === 0 ? unit.name : '', ...cells]);
  });
  return table(['UNIT', 'EVENTS', 'ANSWER'], rows);
}

function answerOf(response: unknown): string {
  if (typeof response === 'string') return response;
  const calls = Calls.safeParse(response);
  return calls.success ? calls.data.call : JSON.stringify(response);
}
