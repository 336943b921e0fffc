import { type Answer, OutcomeKind, QUESTIONS, type SettledEvent } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type AskOptions, ask, asking } from '../../command.js';
import { ago, line, table } from '../../output.js';
import { textOf } from './operations.js';

interface OutcomesOptions extends AskOptions {
  outcome?: OutcomeKind;
  type?: string;
  id?: string;
  limit: number;
}

/** `vsmcp outcomes` */
export function outcomes(vsmcp: Command): void {
  asking(
    vsmcp
      .command('outcomes')
      .description('the outcomes of the latest events, newest first, with what their tools gave'),
    'vsmcp outcomes --type git.commit',
    'vsmcp outcomes --outcome dead --limit 5',
  )
    .addOption(new Option('--outcome <outcome>', 'only events with this outcome').choices(OutcomeKind.options))
    .option('--type <type>', 'only events of this type')
    .option('--id <id>', 'only events with this id, or whose id begins with it and a colon')
    .option('--limit <n>', 'at most so many', atMost, 30)
    .action(({ outcome, type, id, limit, ...options }: OutcomesOptions) =>
      ask(options, (fleet) => fleet.get('/outcomes', { outcome, type, id, limit }), QUESTIONS.outcomes.answer, show),
    );
}

/** The tool's words, or the reason where there are none. */
export function gaveOf({ reason, result }: SettledEvent): string {
  if (reason !== undefined) return reason;
  return result === undefined ? '' : textOf(result);
}

function show({ outcomes }: Answer<'outcomes'>): string {
  if (outcomes.length === 0) return 'No event has an outcome of the kind.';
  const now = Date.now();
  return table(
    ['AGO', 'TYPE', 'ID', 'OUTCOME', 'BY', 'WHAT IT GAVE, OR WHY NOT'],
    outcomes.map((each) => [
      ago(each.at, now),
      each.event.type,
      line(each.event.id, 40),
      each.outcome,
      each.tool ?? '',
      line(gaveOf(each), 400),
    ]),
  );
}

function atMost(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 1000) throw new InvalidArgumentError('a number from 1 to 1000');
  return n;
}
