import { type Answer, HeldReason, QUESTIONS, VsmError } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { type AskOptions, ask, asking, whoAmI } from '../../command.js';
import type { Query } from '../../fleet.js';
import { ago, brief, count, line, table } from '../../output.js';
import { answering } from './held-answer.js';

interface FilterOptions extends AskOptions {
  reason?: HeldReason;
  type?: string;
  source?: string;
  id?: string;
  limit: number;
  because?: string;
  all?: true;
}

/** `vsmcp held list|show|replay|done|answer|discard` */
export function held(vsmcp: Command): void {
  const group = vsmcp
    .command('held')
    .description('events that wait: parked (nothing answers), dead (failed for good), doubt, asked');

  filtering(group.command('list', { isDefault: true }).description('what waits, and why'), [
    'vsmcp held list',
    'vsmcp held list --reason parked --type file.cron',
  ]).action((options: FilterOptions) =>
    ask(options, (fleet) => fleet.get('/held', filter(options)), QUESTIONS.held.answer, showList),
  );

  filtering(
    group.command('show').argument('<id>', "the event's id").description('one of them, with the event itself'),
    ['vsmcp held show 7f0c'],
  ).action((id: string, options: FilterOptions) =>
    ask(
      options,
      (fleet) => fleet.get('/held', filter({ ...options, id })),
      QUESTIONS.held.answer,
      (answer) => showAll(id, answer),
    ),
  );

  settling(
    group.command('replay').description('try again'),
    'vsmcp held replay --reason dead --type order.placed',
  ).action((options: FilterOptions) => settle('replay', options));
  settling(
    group.command('done').description('what is in doubt did happen, as you have seen: it counts as answered'),
    'vsmcp held done --id 7f0c --because "the file is there"',
  ).action((options: FilterOptions) => settle('done', options));
  answering(group);
  settling(
    group.command('discard').description('drop held events for good: they are never answered'),
    'vsmcp held discard --type file.js --because "not our business"',
  ).action((options: FilterOptions) => {
    if (!options.because) throw new VsmError('VSM_USAGE', 'say why they are let go: --because "…"');
    return settle('discard', options);
  });
}

function filtering(command: Command, examples: string[]): Command {
  return asking(command, ...examples)
    .addOption(new Option('--reason <reason>', 'only those held for it').choices(HeldReason.options))
    .option('--type <type>', 'only events of this type')
    .option('--source <source>', 'only events from this source')
    .option('--id <id>', 'only this event')
    .option('--limit <n>', 'at most so many', atMost, 100);
}

function settling(command: Command, example: string): Command {
  return filtering(command, [example])
    .option('--all', 'all that is held, without a filter')
    .option('--because <why>', 'the reason, for the journal');
}

function settle(how: 'replay' | 'discard' | 'done', options: FilterOptions): Promise<void> {
  const { limit } = options;
  const { limit: _, ...which } = filter(options);
  if (!options.all && Object.values(which).every((value) => value === undefined)) {
    throw new VsmError('VSM_USAGE', `say which: --reason, --type, --source or --id; or --all`);
  }
  // only what is in doubt can be said to be done
  const only = how === 'done' ? { ...which, reason: which.reason ?? 'doubt' } : which;
  const because = options.because ?? `${how} wanted on the command line`;
  return ask(
    options,
    async (fleet) => {
      const { total } = QUESTIONS.held.answer.parse(await fleet.get('/held', { ...only, limit: 1 }));
      const events = Math.min(total, limit);
      if (events === 0) return { accepted: false, events, total, because: 'nothing that is held fits' };
      const answer = await fleet.post(`/held/${how}`, { filter: { ...only, limit }, because, by: whoAmI() });
      return { ...Accepted.parse(answer), events, total };
    },
    Settled,
    settled,
  );
}

const Accepted = z.looseObject({ accepted: z.boolean(), because: z.string() });
/** With how many events it is about, and how many are held that fit. */
const Settled = Accepted.extend({ events: z.number(), total: z.number() });

function settled({ accepted, because, events, total }: z.infer<typeof Settled>): string {
  if (events === 0) return `0 events: ${because}; vsmcp held list shows what is held`;
  const rest = total > events ? ` of ${total} (--limit takes up to 1000)` : '';
  return `${accepted ? 'accepted' : 'not accepted'}, ${count(events, 'event')}${rest}: ${line(because)}`;
}

function filter({ reason, type, source, id, limit }: FilterOptions): Query {
  return { reason, type, source, id, limit };
}

function atMost(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 1 || n > 1000) throw new InvalidArgumentError('a number from 1 to 1000');
  return n;
}

function showList({ total, held }: Answer<'held'>): string {
  if (total === 0) return 'Nothing waits.';
  const now = Date.now();
  const rows = held.map(({ type, id, unit, reason, because, attempts, at }) => [
    type,
    line(id, 60),
    unit,
    reason ?? '',
    ago(at, now),
    String(attempts),
    line(because, 400),
  ]);
  return `${table(['TYPE', 'ID', 'UNIT', 'REASON', 'SINCE', 'TRIES', 'WHY'], rows)}\n${count(total, 'event')} held${total > held.length ? `, ${held.length} shown` : ''}`;
}

/** All that is held under an id: other sources may use the same one. */
function showAll(id: string, { held }: Answer<'held'>): string {
  if (held.length === 0) throw new VsmError('VSM_NOT_FOUND', `no held event has the id ${id}; see vsmcp held list`);
  return held.map(showOne).join('\n\n');
}

function showOne(event: Answer<'held'>['held'][number]): string {
  return Object.entries(event)
    .map(([name, value]) =>
      name === 'event'
        ? `event:\n${JSON.stringify(value, null, 2)}`
        : `${name}: ${name === 'at' && typeof value === 'number' ? new Date(value).toISOString() : brief(value)}`,
    )
    .join('\n');
}
