import { type Answer, duration, HAVING, loopText, QUESTIONS, SHARES_OF_THE_POOL, THEIR_LOAD } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import { ago, count, line, table } from '../../output.js';

/** Resolutions that are shown to people. */
const SHOWN = 20;

/** `vsmcp coordination` */
export function coordination(vsmcp: Command): void {
  const group = vsmcp
    .command('coordination')
    .description('System 2: what it resolved and how, who waited for how long, and who undoes whom');

  asking(
    group.command('show', { isDefault: true }).description('all of that'),
    'vsmcp coordination',
    'vsmcp coordination --json | jq .waits',
  ).action((options: AskOptions) =>
    ask(options, (fleet) => fleet.get('/coordination'), QUESTIONS.coordination.answer, show),
  );

  asking(
    group
      .command('prefer')
      .argument('<unit>', 'the one whose purpose comes first')
      .argument('<resource>', 'on which they undo each other')
      .requiredOption('--because <text>', 'why')
      .description('says whose purpose comes first; the others yield'),
    'vsmcp coordination prefer pinboard notice/welcome.md --because "welcome stays"',
  ).action((unit: string, resource: string, { because, ...options }: AskOptions & { because: string }) =>
    ask(
      options,
      (fleet) => fleet.post('/coordination/prefer', { unit, resource, because, by: whoAmI() }),
      QUESTIONS.prefer.answer,
      ({ because }) => `accepted: ${because}`,
    ),
  );
}

/** System 2's account, for people. */
export function show({
  held,
  waiting,
  loops,
  schedules,
  conflicts_resolved,
  resolved,
  waits,
}: Answer<'coordination'>): string {
  const now = Date.now();
  const parts = [
    `${count(held, 'lease')} held · ${waiting} waiting · ${count(conflicts_resolved, 'conflict')} resolved`,
  ];
  for (const loop of loops) parts.push(...loopLines(loop));
  for (const { server, calls, per, closed, granted, units } of schedules) {
    const rate = calls === undefined || per === undefined ? [] : [`${calls} calls in ${duration(per)} at most`];
    const hours = closed === undefined ? [] : [`closed until ${new Date(closed).toISOString()}`];
    parts.push('', `${server}: ${[...hours, ...rate, `${granted} calls so far`].join(', ')}`);
    const rows = units
      .slice(0, SHOWN)
      .map((unit) => [
        unit.unit,
        String(unit.granted),
        String(unit.waiting),
        duration(unit.waited === 0 ? 0 : unit.total / unit.waited),
        duration(unit.longest),
      ]);
    if (rows.length > 0) parts.push(table(['UNIT', 'CALLS', 'WAITING', 'MEAN WAIT', 'LONGEST'], rows));
  }
  if (waits.length > 0) {
    const rows = waits
      .slice(0, SHOWN)
      .map(({ unit, claims, waited, total, longest }) => [
        unit,
        String(claims),
        String(waited),
        duration(waited === 0 ? 0 : total / waited),
        duration(longest),
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
        duration(waited),
        behind.join(', '),
        line(resources.join(', ')),
      ]);
    parts.push('', table(['WHEN', 'UNIT', 'HOW', 'WAITED', 'BEHIND', 'FOR'], rows));
  }
  return parts.join('\n');
}

function loopLines(loop: Answer<'coordination'>['loops'][number]): string[] {
  const { units, resource, state, before, limit, first } = loop;
  const head = `${line(loopText(loop, ' ↔ '))}: ${state}, ${before.toFixed(1)} → ${limit} turns a minute`;
  if (resource === SHARES_OF_THE_POOL || resource === THEIR_LOAD)
    return [head, '  System 3 moves their shares slowly until that has settled'];
  if (resource.startsWith(HAVING)) return [head, '  it is not installed until that has settled'];
  if (first) return [head, `  ${first.unit} comes first: ${line(first.because)} (${first.by})`];
  const mend = `vsmcp coordination prefer ${units.join('|')} '${line(resource)}' --because …`;
  return [head, `  whose purpose comes first? ${mend}`];
}
