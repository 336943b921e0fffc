import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking } from '../command.js';
import { ago, count, line, table } from '../output.js';

/** Resolutions that are shown to people. */
const SHOWN = 20;

/** `vsmcp coordination` */
export function coordination(vsmcp: Command): void {
  asking(
    vsmcp
      .command('coordination')
      .description('System 2: what it resolved and how, who waited for how long, and who undoes whom'),
    'vsmcp coordination',
    'vsmcp coordination --json | jq .waits',
  ).action((options: AskOptions) =>
    ask(options, (fleet) => fleet.get('/coordination'), QUESTIONS.coordination.answer, show),
  );
}

function show({ held, waiting, loops, conflicts_resolved, resolved, waits }: Answer<'coordination'>): string {
  const now = Date.now();
  const parts = [
    `${count(held, 'lease')} held · ${waiting} waiting · ${count(conflicts_resolved, 'conflict')} resolved`,
  ];
  for (const { units, resource, state, before, limit } of loops)
    parts.push(
      `${units.join(' ↔ ')} undo each other on ${line(resource)}: ${state}, ${before.toFixed(1)} → ${limit} turns a minute`,
    );
  if (waits.length > 0) {
    const rows = waits
      .slice(0, SHOWN)
      .map(({ unit, claims, waited, total, longest }) => [
        unit,
        String(claims),
        String(waited),
        ms(waited === 0 ? 0 : total / waited),
        ms(longest),
      ]);
    parts.push('', table(['UNIT', 'CLAIMS', 'WAITED', 'MEAN', 'LONGEST'], rows));
  }
  if (resolved.length > 0) {
    const rows = resolved
      .slice(0, SHOWN)
      .map(({ at, how, unit, resources, waited, behind }) => [
        ago(at, now),
        unit,
        how,
        ms(waited),
        behind.join(', '),
        line(resources.join(', ')),
      ]);
    parts.push('', table(['WHEN', 'UNIT', 'HOW', 'WAITED', 'BEHIND', 'FOR'], rows));
  }
  return parts.join('\n');
}

function ms(time: number): string {
  return time < 1000 ? `${Math.round(time)} ms` : `${(time / 1000).toFixed(1)} s`;
}
