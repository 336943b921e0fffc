import { type Answer, QUESTIONS } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError } from 'commander';
import { type AskOptions, ask, asking } from '../../command.js';
import { brief, line, table } from '../../output.js';

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
    ['AT', 'SYSTEM', 'ENTRY', 'WHAT', 'WHY'],
    entries.map(({ at, system, epoch, seq, type, data }) => [
      new Date(at).toISOString(),
      system,
      `${epoch}.${seq}`,
      type,
      whyOf(data),
    ]),
  );
}

/** Keys of an entry that say why, the first that there is. */
const WHY = ['because', 'reason', 'what'] as const;

/** Why something was done, then the short facts of the entry by name; `--json` has all of it. */
export function whyOf(data: unknown): string {
  if (typeof data !== 'object' || data === null) return brief(data, 400);
  const facts = Object.entries(data);
  const why = WHY.flatMap((key) => facts.filter(([name, value]) => name === key && typeof value === 'string')).at(0);
  const short = facts.filter(
    ([name, value]) => name !== why?.[0] && value !== '' && value !== null && typeof value !== 'object',
  );
  const said = short.map(([name, value]) => `${name} ${brief(value, 80)}`).join(', ');
  if (why !== undefined) return [line(String(why[1]), 400), said].filter((text) => text !== '').join(' · ');
  return said === '' ? brief(data, 400) : said;
}
