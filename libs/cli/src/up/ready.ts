import { setTimeout as sleep } from 'node:timers/promises';
import { type Capability, QUESTIONS, reasonOf, Status, SYSTEM_NAMES, VIABLE_SYSTEMS } from '@vsmcp/vsm';
import type { Fleet } from '../fleet.js';
import { count } from '../output.js';

/** Milliseconds between two looks. */
const LOOK = 200;
/**
 * Milliseconds that a broker or database may take before it is said that it is waited for, and the rest of the fleet.
 */
const SOON = 1000;
const LONG = 3000;
/** Milliseconds after which a fleet is ready without the servers that do not answer yet. */
const LONGEST = 120_000;

/** A fleet that starts. */
export interface Starting {
  fleet: Fleet;
  /** The thing outside of the fleet that its services wait for, and the mend. */
  waitsFor(): Promise<string | undefined>;
}

/**
 * Waits until the gateway answers and says that all five systems are there and ready. @returns false when `signal`
 * ended it before
 */
export async function untilReady(
  starting: Starting,
  signal: AbortSignal,
  waitsFor: (what: string) => void,
): Promise<boolean> {
  const since = Date.now();
  let told = '';
  while (!signal.aborted) {
    const missing = await lacking(starting);
    if (missing === undefined) return true;
    if (missing.what !== told && Date.now() - since > missing.patience) {
      waitsFor(missing.what);
      told = missing.what;
    }
    await sleep(LOOK, undefined, { signal }).catch(() => undefined); // stopping cuts it short
  }
  return false;
}

/** The first thing that is not there yet, and for how long (ms) nothing need be said of it. */
async function lacking({ fleet, waitsFor }: Starting): Promise<{ what: string; patience: number } | undefined> {
  const outside = await waitsFor();
  if (outside !== undefined) return { what: outside, patience: SOON };
  try {
    const late = missingIn(Status.parse(await fleet.get('/status')));
    return late === undefined ? undefined : { what: late, patience: LONG };
  } catch (error) {
    return { what: `the gateway: ${reasonOf(error)}`, patience: LONG };
  }
}

/** How the servers of the configuration are, once each has answered or is known not to. */
export interface ServersReady {
  ready: number;
  /** Name of a server → why it does not answer. */
  trouble: Record<string, string>;
}

/**
 * Waits until each server of the configuration answers or has failed.
 * @param names of the servers
 * @returns undefined when `signal` ended it before
 */
export async function untilServers(
  fleet: Fleet,
  names: readonly string[],
  signal: AbortSignal,
  waitsFor: (what: string) => void,
): Promise<ServersReady | undefined> {
  const since = Date.now();
  let told = '';
  while (!signal.aborted) {
    const known = [...(await serversOf(fleet, names))];
    const waiting = known.filter(([, { is }]) => is === 'waiting').map(([name]) => name);
    const passed = Date.now() - since;
    if (waiting.length === 0 || passed > LONGEST) return shown(known);
    const what = `${count(waiting.length, 'server')} to answer: ${waiting.join(', ')}`;
    if (what !== told && passed > LONG) {
      waitsFor(what);
      told = what;
    }
    await sleep(LOOK, undefined, { signal }).catch(() => undefined); // stopping cuts it short
  }
  return undefined;
}

function shown(known: readonly (readonly [string, Known])[]): ServersReady {
  const others = known.flatMap(([name, each]) => (each.is === 'ready' ? [] : [[name, each.why] as const]));
  return { ready: known.length - others.length, trouble: Object.fromEntries(others) };
}

type Known = { is: 'ready' } | { is: 'failed' | 'waiting'; why: string };

/** Where a row says that a server is ready, that may be from before a restart: it is asked itself. */
async function stateOf(fleet: Fleet, name: string, row: Capability | undefined): Promise<Known> {
  const { state, reason = 'it does not answer' } = row ?? { state: 'wanted' };
  if (state === 'wanted') return { is: 'waiting', why: 'it is installed and started' };
  if (state !== 'ready') return { is: 'failed', why: reason };
  const answer = await fleet.get(`/capabilities/${encodeURIComponent(name)}/test`).catch(() => undefined);
  const tested = QUESTIONS.test.answer.safeParse(answer);
  if (tested.data?.ok) return { is: 'ready' };
  return { is: 'waiting', why: tested.data?.reason ?? 'nobody says how it is' };
}

async function serversOf(fleet: Fleet, names: readonly string[]): Promise<Map<string, Known>> {
  const answer = await fleet.get('/capabilities').catch(() => undefined); // the next look asks again
  const read = QUESTIONS.capabilities.answer.safeParse(answer);
  const rows = new Map(read.data?.capabilities.map((row) => [row.server, row]));
  return new Map(
    await Promise.all(names.map(async (name) => [name, await stateOf(fleet, name, rows.get(name))] as const)),
  );
}

function missingIn(status: Status): string | undefined {
  const numbers = { s1: 1, s2: 2, s3: 3, s4: 4, s5: 5 } as const;
  const late = VIABLE_SYSTEMS.filter((system) => {
    const { present, instances } = status.systems[numbers[system]];
    return !present || !instances.some(({ ready }) => ready);
  });
  return late.length === 0 ? undefined : late.map((system) => SYSTEM_NAMES[system]).join(', ');
}
