import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataOf, isPattern, matches, type Outcome, reasonOf } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError } from 'commander';
import { type AskOptions, asking } from '../../command.js';
import { fleetAt } from '../../fleet.js';
import { brief, line } from '../../output.js';
import { interrupted } from '../../signal.js';
import { listen } from '../../stream.js';
import { Heard, noteOf } from '../../up/narrate.js';

/** ms before the stream is opened again after it broke off. */
const AGAIN = 1000;
const KINDS = ['outcome', 'progress', 'acquisition', 'verdict', 'alert', 'loop', 'capability', 'instance'] as const;

interface TailOptions extends AskOptions {
  only?: string[];
  type?: string;
}

/** `vsmcp tail` */
export function tail(vsmcp: Command): void {
  asking(
    vsmcp.command('tail').description('what happens in the fleet, a line each, until Ctrl-C'),
    'vsmcp tail',
    'vsmcp tail --only outcome --type "file.#"',
    'vsmcp tail --json | jq -c "select(.event == \\"alert\\")"',
  )
    .option('--only <kinds>', `only these kinds, separated by commas: ${KINDS.join(', ')}`, kinds)
    .option('--type <pattern>', 'only outcomes of events whose type matches this topic pattern', pattern)
    .action((options: TailOptions) => follow(options));
}

function kinds(text: string): string[] {
  const asked = text.split(',').map((kind) => kind.trim());
  const wrong = asked.find((kind) => !KINDS.some((known) => known === kind));
  if (wrong !== undefined) throw new InvalidArgumentError(`${wrong} is none of ${KINDS.join(', ')}`);
  return asked;
}

function pattern(text: string): string {
  if (!isPattern(text)) throw new InvalidArgumentError('a topic pattern, such as file.# or order.*.paid');
  return text;
}

async function follow({ json, only, type }: TailOptions): Promise<void> {
  const fleet = fleetAt();
  const signal = interrupted();
  const fits = (key: string) => type === undefined || matches(type, key);
  const hear = (event: string, data: unknown) => {
    if (only !== undefined && !only.includes(event)) return;
    const heard = Heard.safeParse({ event, data });
    if (type !== undefined && !(heard.success && heard.data.event === 'outcome' && fits(heard.data.data.event.type)))
      return;
    const text = json ? JSON.stringify({ event, data }) : told(event, data, heard.success ? heard.data : undefined);
    if (text !== undefined) process.stdout.write(`${text}\n`);
  };
  process.stdout.on('error', () => process.exit(0)); // whoever read it has gone
  await fleet.get('/status'); // says at once what is wrong, when no fleet answers
  while (!signal.aborted) {
    await listen(fleet, signal, hear).catch((error: unknown) => {
      if (!signal.aborted) process.stderr.write(`the stream broke off, opening it again: ${reasonOf(error)}\n`);
    });
    await sleep(AGAIN, undefined, { signal }).catch(() => undefined);
  }
  if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}

function told(event: string, data: unknown, heard: Heard | undefined): string | undefined {
  if (event === 'hello') return undefined;
  const at = new Date().toISOString().slice(11, 23);
  if (heard?.event === 'outcome') return `${at} ${outcomeLine(heard.data)}`;
  const note = heard && noteOf(heard);
  return note
    ? `${at} ${event.padEnd(11)} ${line(note.about, 40)}  ${line(note.text, 300)}`
    : `${at} ${event.padEnd(11)} ${brief(data, 300)}`;
}

function outcomeLine({ event, outcome, unit, tool, reason, took }: DataOf<typeof Outcome>): string {
  const what = [tool, took !== undefined && `${Math.round(took)} ms`, reason && line(reason, 160)]
    .filter(Boolean)
    .join(' · ');
  return `${outcome.padEnd(11)} ${line(event.type, 60)}  ${unit}  ${what}`.trimEnd();
}
