import { unwatchFile, watchFile } from 'node:fs';
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Environment, type FleetConfig, problemText, serial } from '@vsmcp/service';
import { QUESTIONS, reasonOf } from '@vsmcp/vsm';
import { checkAll } from '../config/check.js';
import { readIfThere } from '../config/file.js';
import type { FleetTree } from '../config/tree.js';
import type { Fleet } from '../fleet.js';
import type { Signals } from './signals.js';

/**
 * How often (ms) the file is looked at. Looking works on every file system, and sees a file that an editor puts in its
 * place.
 */
const PACE = 1000;

/**
 * Follows vsmcp.yaml while the fleet runs: when it has changed, or at SIGHUP, its units and what matters more
 * (`policy.priority`) are taken over; a wrong file is refused with all that is wrong, and the fleet goes on with what
 * it has. What else has changed takes a restart, which is said.
 * @param started what the fleet was started with, and how it was written
 * @returns how to stop
 */
export function followConfig(
  file: string | undefined,
  env: Environment,
  started: Pick<FleetTree, 'config' | 'text'> & { below?: FleetTree['below'] },
  { fleet, signals, say }: { fleet: Fleet; signals: Pick<Signals, 'onHangup'>; say: (text: string) => void },
): () => void {
  if (file === undefined) return () => {};
  const name = basename(file);
  const running = started.config;
  let taken = running;
  let read = started.text;
  let told = '';
  const inTurn = serial();

  /** A text that would be said again and again is said once, unless somebody asks. */
  function tell(text: string, asked: boolean): void {
    if (text !== '' && (asked || text !== told)) say(text);
    told = text;
  }

  async function take(asked: boolean): Promise<void> {
    const text = await readIfThere(file ?? '');
    if (text === undefined) return tell(`${name} is gone; the fleet goes on with what it has`, asked);
    if (!asked && text === read) return tell('', false);
    const checked = checkAll(text, env);
    if (!checked.ok) {
      const problems = checked.problems.map((problem) => `   ${problemText(problem, name)}`);
      return tell([`${name} is refused, and the fleet goes on with what it has:`, ...problems].join('\n'), asked);
    }
    const { config } = checked;
    if (!asked && isDeepStrictEqual(config, taken)) return tell('', false);
    const said: string[] = [];
    try {
      said.push(...(await handedOver(fleet, name, config, taken)));
    } catch (error) {
      return tell(`${name} is refused, and the fleet goes on with what it has:\n   ${reasonOf(error)}`, asked);
    }
    taken = config;
    read = text;
    const rest = partsThatDiffer(running, config);
    if (rest.length > 0) said.push(`   a restart is needed for what it says of ${rest.join(', ')}`);
    tell(said.join('\n'), asked);
  }

  const turn = (asked: boolean) => {
    inTurn(() => take(asked)).catch((error: unknown) => tell(`${name} was not read: ${reasonOf(error)}`, asked));
  };
  watchFile(file, { interval: PACE }, () => turn(false));
  signals.onHangup(() => turn(true));
  turn(false); // it may have changed while the fleet was starting
  const inner = filesOf(started.below ?? []);
  const included = (path: string) => say(`${basename(path)} has changed: a restart is needed for what it says`);
  for (const path of inner) watchFile(path, { interval: PACE }, () => included(path));
  return () => {
    for (const path of [file, ...inner]) unwatchFile(path);
  };
}

/** Hands over what changes live. @returns what was taken over, in lines */
async function handedOver(fleet: Fleet, name: string, config: FleetConfig, before: FleetConfig): Promise<string[]> {
  const answer = await fleet.put('/units', { units: config.units, by: name });
  const said = [`${name}: units are as it says (${QUESTIONS.configure.answer.parse(answer).because})`];
  const { priority } = config.policy;
  if (isDeepStrictEqual(priority, before.policy.priority)) return said;
  await fleet.put('/policy/priority', { priority, because: `policy.priority of ${name}`, by: name });
  return [...said, '   policy.priority is as it says'];
}

/** The files of fleets that run within this one. */
function filesOf(below: FleetTree['below']): string[] {
  return below.flatMap((each) => [...(each.file === undefined ? [] : [each.file]), ...filesOf(each.below)]);
}

/** The parts of a configuration, but for units and priorities, that are not what they were. */
function partsThatDiffer(running: FleetConfig, config: FleetConfig): string[] {
  const still = { ...config, policy: { ...config.policy, priority: running.policy.priority } };
  const before: Record<string, unknown> = running;
  return Object.entries(still)
    .filter(([part, value]) => part !== 'units' && !isDeepStrictEqual(before[part], value))
    .map(([part]) => part);
}
