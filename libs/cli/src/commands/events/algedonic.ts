import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import type { Command } from 'commander';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import { ago, line, table } from '../../output.js';

/** `vsmcp algedonic list|ack` */
export function algedonic(vsmcp: Command): void {
  const group = vsmcp.command('algedonic').description('pain, and who was told');

  asking(group.command('list', { isDefault: true }).description('what hurts'), 'vsmcp algedonic list').action(
    (options: AskOptions) => ask(options, (fleet) => fleet.get('/alerts'), QUESTIONS.alerts.answer, show),
  );

  asking(
    group
      .command('ack')
      .argument('[alert]', 'its id; all that hurts unless given')
      .description('acknowledge: somebody looks after it'),
    'vsmcp algedonic ack',
    'vsmcp algedonic ack silence:backups:file.ok',
  ).action((alert: string | undefined, options: AskOptions) =>
    ask(
      options,
      (fleet) => fleet.post('/alerts/acknowledge', { alert, by: whoAmI() }),
      QUESTIONS.acknowledge.answer,
      ({ acknowledged }) =>
        acknowledged.length === 0
          ? 'Nothing hurts that is not acknowledged.'
          : `acknowledged: ${acknowledged.join(', ')}`,
    ),
  );
}

function show({ alerts }: Answer<'alerts'>): string {
  if (alerts.length === 0) return 'Nothing hurts.';
  const now = Date.now();
  return table(
    ['ALERT', 'SEVERITY', 'LEVEL', 'SINCE', 'WHAT'],
    alerts.map(({ alert, severity, level, since, what, by }) => [
      alert,
      severity,
      by ? `${level} by ${by}` : level,
      ago(since, now),
      line(what),
    ]),
  );
}
