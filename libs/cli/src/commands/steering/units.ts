import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AskOptions, ask, asking } from '../../command.js';
import { count, table } from '../../output.js';
import { unitChanges } from './unit-changes.js';

interface ListOptions extends AskOptions {
  after?: string;
}

/** `vsmcp units list|show|add|set|remove` */
export function units(vsmcp: Command): void {
  const group = vsmcp.command('units').description('the units of System 1: what each absorbs and how it answers');

  asking(
    group
      .command('list', { isDefault: true })
      .option('--after <name>', 'those after this one, in the order of names')
      .description('up to a thousand of them'),
    'vsmcp units',
    'vsmcp units --json | jq ".units[].name"',
  ).action(({ after, ...options }: ListOptions) =>
    ask(options, (fleet) => fleet.get('/units', { after }), QUESTIONS.units.answer, showList),
  );

  asking(
    group
      .command('show')
      .argument('<name>', 'of the unit')
      .description(
        'one unit: its settings, the events that run and wait, and the tools that it does not call at present',
      ),
    'vsmcp units show desk',
    'vsmcp units show desk --json | jq ".units[0].unit" > desk.json',
  ).action((name: string, options: AskOptions) =>
    ask(options, (fleet) => fleet.get(`/units/${encodeURIComponent(name)}`), QUESTIONS.units.answer, showOne),
  );

  unitChanges(group);
}

const Calls = z.looseObject({ call: z.string() });

function showList({ total, units }: Answer<'units'>): string {
  if (units.length === 0) return 'No unit: add some under `units:` in vsmcp.yaml, or with vsmcp units add.';
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
  const last = units.at(-1)?.name ?? '';
  const more =
    total > units.length ? `\n${count(total, 'unit')}, ${units.length} shown; the next: --after ${last}` : '';
  return `${table(['UNIT', 'EVENTS', 'ANSWER'], rows)}${more}`;
}

function answerOf(response: unknown): string {
  if (typeof response === 'string') return response;
  const calls = Calls.safeParse(response);
  return calls.success ? calls.data.call : JSON.stringify(response);
}

function showOne({ version, units }: Answer<'units'>): string {
  return units
    .map(({ name, unit, responses, running = 0, waiting = 0, breakers = [] }) =>
      [
        `${name}, in version ${version}: ${running} running, ${waiting} waiting for a place`,
        ...breakers.map(
          ({ tool, state, failed, of, until }) =>
            `${tool}: ${state}, ${failed} of the last ${of} calls failed${until ? `; until ${new Date(until).toISOString()}` : ''}`,
        ),
        JSON.stringify(unit ?? { responses }, null, 2),
      ].join('\n'),
    )
    .join('\n\n');
}
