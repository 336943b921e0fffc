import { openConsciousness } from '@vsmcp/consciousness';
import { openEmbedded, openLog, type Service } from '@vsmcp/service';
import { openSystem1 } from '@vsmcp/system1-operations';
import { system2 } from '@vsmcp/system2-coordination';
import { system3 } from '@vsmcp/system3-control';
import { openSystem4 } from '@vsmcp/system4-intelligence';
import { openSystem5 } from '@vsmcp/system5-policy';
import { type Clock, type JournalEntry, type Status, SYSTEMS, VsmError } from '@vsmcp/vsm';
import { chanceOf } from './chance.js';
import type { ReadDay } from './day/read.js';
import type { Able } from './day/schema.js';
import { paceOf, pass, unpaced } from './drive.js';
import { type LabFleet, openLabFleet } from './fleet.js';
import { MINUTE, Observed } from './observed.js';
import { labHost } from './tools/host.js';
import { labRegistry } from './tools/registry.js';
import type { Stage } from './tools/scripted-server.js';
import { virtualClock } from './virtual-clock.js';
import { openWorld } from './world.js';

/** ms after which consciousness asks everybody everything again; of what happens it is told as ever. */
const REFLECTS = 60_000;
/** How many times longer System 1 leaves its upkeep: nothing is lost here that it would have to look for. */
const UPKEEP = 12;
/** ms after which System 5 looks again whether there is a fleet above: there never is. */
const ALONE = 86_400_000;

export interface RunOptions {
  seed: number;
  /** Left out, beside what the day itself leaves out. */
  without?: readonly Able[];
  /** Most virtual seconds in one of the machine's; absent: as fast as possible. */
  speed?: number;
  /** An empty database as it is inside, see `templateOf`. */
  template?: Blob;
  signal?: AbortSignal;
  /** Told after each minute of the day (ms from its beginning). */
  progress?(at: number): void;
}

/** The results of a day. */
export interface Run {
  without: readonly Able[];
  seed: number;
  /** ms of virtual time, and of the machine's. */
  lasted: number;
  took: number;
  observed: Observed;
  /** All entries, system by system, each in the order of its chain. */
  journal: readonly JournalEntry[];
  /** Words of people that nobody took. */
  unheard: readonly string[];
}

/** An empty database as it is inside: to make others of it takes a fifth of the time. */
export async function templateOf(): Promise<Blob> {
  const database = await openEmbedded('memory');
  try {
    return await database.engine.dumpDataDir('none');
  } finally {
    await database.close();
  }
}

/** The services of a fleet, with what is slower here because nothing is lost, and the day's own tools and registry. */
function servicesOf(day: ReadDay['day'], stage: Stage): Service[] {
  return [
    openConsciousness({ slow: REFLECTS }),
    system2,
    openSystem1({ openHost: async (context) => labHost(day, stage, context.log), slowerUpkeep: UPKEEP }),
    system3,
    openSystem5({ alone: ALONE }),
    openSystem4({ openRegistries: () => labRegistry(day.registry) }),
  ];
}

async function entriesOf({ state }: LabFleet): Promise<JournalEntry[]> {
  const journal: JournalEntry[] = [];
  for (const system of SYSTEMS) for await (const entry of state.journal.replay(system)) journal.push(entry);
  return journal;
}

/** @param does is given the ms since now */
function eachMinute(clock: Clock, does: (at: number) => void): void {
  const start = clock.now();
  clock.every(MINUTE, () => does(clock.now() - start));
}

/** Runs a day: the services as they are, on virtual time. The same day with the same seed has the same journal. */
export async function runDay({ day, config }: ReadDay, options: RunOptions): Promise<Run> {
  const { seed, without = [], signal } = options;
  const [clock, chance] = [virtualClock(Date.parse(day.starts)), chanceOf(seed)];
  const observed = new Observed();
  const unheard: string[] = [];
  const failures: unknown[] = [];
  const failed = (error: unknown) => void failures.push(error);
  let events = 0;

  const publish = (type: string, data: object, isCaused = false) => {
    const id = `event-${++events}`;
    observed.publish(id, clock.now(), isCaused);
    fleet.publish(id, type, data).catch(failed);
  };
  const stage: Stage = {
    clock,
    chance,
    cause: (type, data, after) => void clock.after(after, () => publish(type, data, true)),
    called: (_tool, _ms, error) => observed.call(error),
  };
  const database = await openEmbedded('memory', options.template && { template: options.template });
  const started = performance.now();
  const left: readonly string[] = [...day.without, ...without];
  const fleet = await openLabFleet({
    config,
    database,
    clock,
    chance,
    log: openLog('silent'),
    services: servicesOf(day, stage).filter(({ system }) => !left.includes(system)),
    outcome: (said) => observed.outcome(said, clock.now()),
  }).catch(async (error: unknown) => {
    await database.close();
    throw error;
  });
  try {
    const end = clock.now() + day.lasts;
    const status = (): Promise<Status | undefined> => fleet.gateway.ask('status', {}).catch(notAnswered);
    eachMinute(clock, (at) => {
      status().then((said) => observed.close(at, said), failed);
      options.progress?.(at);
    });
    openWorld(day.world, day.lasts, {
      clock,
      chance,
      publish,
      failed,
      gateway: fleet.gateway,
      unheard: (what) => void unheard.push(what),
    });
    const pace = options.speed === undefined ? unpaced : paceOf(options.speed, clock, signal);
    await pass(clock, end, pace, signal);
    observed.end();
    if (failures.length > 0) throw failures[0];
    const journal = await entriesOf(fleet);
    return { without, seed, lasted: day.lasts, took: performance.now() - started, observed, journal, unheard };
  } finally {
    await fleet.stop();
    await database.close();
  }
}

function notAnswered(error: unknown): undefined {
  if (!(error instanceof VsmError)) throw error;
}
