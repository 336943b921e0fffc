import { QUESTIONS, Status, SYSTEM_NAMES, SystemView } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { z } from 'zod';
import { type AskOptions, ask, asking } from '../../command.js';
import type { Fleet } from '../../fleet.js';
import { count, line, percent, table, tenths } from '../../output.js';
import { tree } from './tree.js';

/** `vsmcp status` */
export function status(vsmcp: Command): void {
  asking(
    vsmcp.command('status').description('is the fleet viable, and what does each system do'),
    'vsmcp status',
    'vsmcp status --json | jq .viable',
    'vsmcp status --recursive            also the fleets that are units of this one, down to recursion_depth',
  )
    .option('--recursive', 'also show the fleets that are units of this one, as they last reported')
    .action((options: AskOptions & { recursive?: true }) =>
      options.recursive
        ? ask(options, whole, Whole, (status) => `${show(status)}\n\n${tree(status, Date.now())}`)
        : ask(options, (fleet) => fleet.get('/status'), Status, show),
    );
}

/** The status with the fleets below. */
const Whole = Status.extend({ path: z.string(), units: z.record(z.string(), SystemView) });

async function whole(fleet: Fleet): Promise<unknown> {
  const [status, systems] = await Promise.all([fleet.get('/status'), fleet.get('/recursion')]);
  return { ...Status.parse(status), ...QUESTIONS.recursion.answer.parse(systems) };
}

function show(status: Status): string {
  const { systems, variety, account } = status;
  const outcomes = Object.entries(account.outcomes).map(([outcome, n]) => `${n} ${outcome}`);
  return [
    `${status.name}: ${status.viable ? 'viable' : 'not viable'}`,
    ...status.reasons.map((reason) => `  ! ${line(reason)}`),
    '',
    table(
      ['SYSTEM', 'INSTANCES', 'NOW'],
      [
        row('s1', systems[1], `${count(systems[1].units, 'unit')}, ${count(systems[1].servers, 'server')}`),
        row('s2', systems[2], `${count(systems[2].conflicts_resolved, 'conflict')} resolved`),
        row('s3', systems[3], `efficiency ${percent(systems[3].efficiency)}`),
        row('s4', systems[4], `${count(systems[4].acquisitions.length, 'acquisition')}`),
        row(
          's5',
          systems[5],
          `${count(systems[5].policies_active, 'rule')}, ${systems[5].pending} waiting for a person`,
        ),
      ],
    ),
    '',
    `variety   required ${tenths(variety.required)}, available ${tenths(variety.available)}, gap ${tenths(variety.gap)} kinds of events`,
    `traffic   ${percent(variety.answered)} settled · ${count(variety.waiting.types, 'kind')} waiting, ${count(variety.waiting.events, 'event')}`,
    `events    ${account.received} received${outcomes.length === 0 ? '' : `: ${outcomes.join(', ')}`}`,
  ].join('\n');
}

function row(
  system: 's1' | 's2' | 's3' | 's4' | 's5',
  { present, instances }: { present: boolean; instances: readonly { state: string; ready: boolean }[] },
  now: string,
): string[] {
  const states = instances.map(({ state, ready }) => (ready ? state : `${state}, not ready`));
  return [SYSTEM_NAMES[system], present ? states.join(' · ') : 'missing', now];
}
