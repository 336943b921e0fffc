import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type OutcomeKind, QUESTIONS, type SettledEvent, VsmError } from '@vsmcp/vsm';
import { type Command, InvalidArgumentError } from 'commander';
import { type AskOptions, asking } from '../../command.js';
import { Ended } from '../../ended.js';
import { type Fleet, fleetAt } from '../../fleet.js';
import { line } from '../../output.js';
import { gaveOf } from './outcomes.js';

interface AnswerOptions extends AskOptions {
  /** Seconds; true: as long as usual. */
  wait?: number | true;
}

/** Seconds that `--wait` waits unless it says how long, and ms between two looks. */
const USUAL = 60;
const LOOK = 300;
/** Outcomes that another may follow. */
const PASSING: ReadonlySet<OutcomeKind> = new Set(['parked', 'asked']);
const GOOD: ReadonlySet<OutcomeKind> = new Set(['answered', 'noted', 'attenuated']);

/** `vsmcp answer` */
export function answer(vsmcp: Command): void {
  asking(
    vsmcp
      .command('answer')
      .argument('<file-or-id>', 'a file that was dropped into a folder, or the id of an event')
      .option('--wait [seconds]', `wait until it is answered, ${USUAL} seconds unless given`, seconds)
      .description('what became of one event: the answer as its tool gave it, or why there is none'),
    'vsmcp answer desk/inbox/milk.md --wait',
    'vsmcp answer 7f0c1b2a --wait 300',
  ).action(async (about: string, { wait, json }: AnswerOptions) => {
    const found = await settled(fleetAt(), await subjectOf(about), wait === true ? USUAL : (wait ?? 0));
    if (found === undefined) {
      throw new VsmError(
        'VSM_NOT_FOUND',
        `nothing is known of ${about} yet; vsmcp answer ${about} --wait waits for it, vsmcp outcomes lists what there is`,
      );
    }
    process.stdout.write(json ? `${JSON.stringify(found, null, 2)}\n` : `${shown(found)}\n`);
    if (!GOOD.has(found.outcome)) throw new Ended(1);
  });
}

function seconds(text: string): number {
  const n = Number(text);
  if (!Number.isFinite(n) || n <= 0 || n > 86_400) throw new InvalidArgumentError('seconds, such as 60');
  return n;
}

/** Ids by which an event may go, and the beginning of the content's hash where it is a file that is here. */
interface Subject {
  ids: string[];
  sha: string | undefined;
}

/** A sense names the event of a file by its folder and name, when it changed, and the beginning of its hash. */
async function subjectOf(about: string): Promise<Subject> {
  const path = resolve(about).split(sep).slice(-2).join('/');
  const content = await readFile(about).catch(() => undefined); // it may be gone by now, or be an id
  const sha = content && createHash('sha256').update(content).digest('hex').slice(0, 32);
  return { ids: [about, path], sha };
}

async function settled(fleet: Fleet, subject: Subject, wait: number): Promise<SettledEvent | undefined> {
  const until = Date.now() + wait * 1000;
  let said = '';
  for (;;) {
    const found = await latest(fleet, subject);
    if (found !== undefined && !PASSING.has(found.outcome)) return found;
    if (Date.now() >= until) return found;
    const passing = found === undefined ? '' : `${found.outcome}: ${line(gaveOf(found), 300)}`;
    if (passing !== '' && passing !== said) process.stderr.write(`${passing} · waiting …\n`);
    said = passing;
    await sleep(Math.min(LOOK, until - Date.now()));
  }
}

async function latest(fleet: Fleet, { ids, sha }: Subject): Promise<SettledEvent | undefined> {
  const lists = await Promise.all(
    ids.map(async (id) => QUESTIONS.outcomes.answer.parse(await fleet.get('/outcomes', { id, limit: 20 })).outcomes),
  );
  return lists
    .flat()
    .filter(({ event }) => sha === undefined || !event.id.includes(':') || event.id.endsWith(sha))
    .sort((a, b) => b.at - a.at)[0];
}

function shown(found: SettledEvent): string {
  const { outcome, tool, took } = found;
  const by = tool === undefined ? '' : ` by ${tool}`;
  const head = `${outcome}${by}${took === undefined ? '' : ` in ${Math.round(took)} ms`}`;
  const gave = gaveOf(found);
  return gave === '' ? head : `${head}\n${gave}`;
}
