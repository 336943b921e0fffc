import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError } from 'commander';
import { type AskOptions, ask, asking } from '../../command.js';
import { brief, table } from '../../output.js';

interface JournalOptions extends AskOptions {
  system?: string;
  type?: string;
  limit: number;
}

/** `vsmcp journal` */
export function journal(vsmcp: Command): void {
  asking(
    vsmcp.command('journal').description('what the systems decided and did, newest first'),
    'vsmcp journal --limit 20',
    'vsmcp journal --system s5',
  )
    .option('--system <system>', 'only of s2, s3, s4 or s5')
    .option('--type <type>', 'only entries of this type')
    .option('--limit <n>', 'at most so many', atMost, 30)
    .action(({ system, type, limit, ...options }: JournalOptions) =>
      ask(options, (fleet) => fleet.get('/journal', { system, type, limit }), QUESTIONS.journal.answer, show),
    );
}

function atMost(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 1000) throw new InvalidArgumentError('a number from 1 to 1000');
  return n;
}

function show({ entries }: Answer<'journal'>): string {
  if (entries.length === 0) return 'The journal has nothing of the kind.';
  return table(
    ['AT', 'SYSTEM', 'ENTRY', 'WHAT', 'DATA'],
    entries.map(({ at, system, epoch, seq, type, data }) => [
      new Date(at).toISOString(),
      system,
      `${epoch}.${seq}`,
      type,
      brief(data, 120),
    ]),
  );
}
