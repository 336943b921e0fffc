import { setTimeout as sleep } from 'node:timers/promises';
import { QUESTIONS, reasonOf, Status, SYSTEM_NAMES } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError } from 'commander';
import { type Fleet, fleetAt } from '../../fleet.js';
import { count, line, percent, table, tenths } from '../../output.js';
import { interrupted } from '../../signal.js';
import { instancesTable } from './inspect.js';

/** Clears the terminal and goes home. */
const CLEAR = '\u001b[H\u001b[2J\u001b[3J';
const SHOWN = 10;

interface TopOptions {
  every: number;
  once?: true;
}

/** The figures by which two looks are told apart. @param at ms since the epoch */
interface Look {
  at: number;
  received: number;
  outcomes: Readonly<Record<string, number>>;
}

/** `vsmcp top` */
export function top(vsmcp: Command): void {
  vsmcp
    .command('top')
    .description('the running fleet at a glance, again and again until Ctrl-C')
    .option('--every <seconds>', 'how often to look', seconds, 2)
    .option('--once', 'print one look (over two instants, for the rates) and end')
    .addHelpText('after', '\nExamples:\n  vsmcp top\n  VSMCP_URL=http://fleet.example:4010 vsmcp top --every 5')
    .action(watch);
}

function seconds(text: string): number {
  const n = Number(text);
  if (!(n >= 0.2 && n <= 3600)) throw new InvalidArgumentError('seconds, from 0.2 to 3600');
  return n;
}

async function watch({ every, once }: TopOptions): Promise<void> {
  const fleet = fleetAt();
  const signal = interrupted();
  process.stdout.on('error', () => process.exit(0)); // whoever read it has gone
  let { look: before } = await screen(fleet, undefined);
  const clear = process.stdout.isTTY && !once ? CLEAR : '';
  do {
    await sleep(every * 1000, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      const { look, text } = await screen(fleet, before);
      before = look;
      process.stdout.write(`${clear}${text}\n`);
    } catch (error) {
      if (once) throw error;
      process.stderr.write(`${clear}${reasonOf(error)}\n`);
    }
  } while (!once);
}

async function screen(fleet: Fleet, before: Look | undefined): Promise<{ look: Look; text: string }> {
  const [status, { systems }, { waiting }] = await Promise.all([
    fleet.get('/status').then((answer) => Status.parse(answer)),
    fleet.get('/systems').then((answer) => QUESTIONS.systems.answer.parse(answer)),
    fleet.get('/waiting', { limit: SHOWN }).then((answer) => QUESTIONS.waiting.answer.parse(answer)),
  ]);
  const now = Date.now();
  const look: Look = { at: now, received: status.account.received, outcomes: status.account.outcomes };
  const { variety } = status;
  const text = [
    `${status.name}  ${status.viable ? 'viable' : 'NOT VIABLE'}  ${new Date(now).toISOString().slice(11, 19)}  ${percent(variety.answered)} settled, gap ${tenths(variety.gap)} kinds`,
    ...status.reasons.map((reason) => `! ${line(reason)}`),
    '',
    before ? rates(before, look) : '',
    '',
    instancesTable(
      systems.flatMap(({ instances }) => instances),
      now,
    ),
    ...systems
      .filter(({ instances }) => instances.length === 0)
      .map(({ system }) => `${SYSTEM_NAMES[system]}: no instance has been heard`),
    '',
    waiting.length === 0
      ? 'nothing waits'
      : table(
          ['WAITS', 'EVENTS', 'UNIT', 'BECAUSE'],
          waiting.map(({ type, events, unit, because }) => [line(type, 60), String(events), unit, line(because, 100)]),
        ),
    ...(status.systems[5].alerts.length === 0
      ? []
      : ['', `${count(status.systems[5].alerts.length, 'alert')}: vsmcp algedonic list`]),
  ].join('\n');
  return { look, text };
}

/** Events a second between two looks. */
function rates(before: Look, now: Look): string {
  const passed = Math.max(1, now.at - before.at) / 1000;
  const rate = (n: number) => `${tenths(n / passed)}/s`;
  const kinds = Object.entries(now.outcomes)
    .map(([kind, n]) => [kind, n - (before.outcomes[kind] ?? 0)] as const)
    .filter(([, n]) => n !== 0)
    .map(([kind, n]) => `${rate(n)} ${kind}`);
  return [`events ${rate(now.received - before.received)}`, ...kinds].join(' · ');
}
