import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, Status, SYSTEM_NAMES, VIABLE_SYSTEMS } from '@vsmcp/vsm';
import type { Fleet } from '../fleet.js';

/** Milliseconds between two looks. */
const LOOK = 200;
/** Milliseconds that a broker or database may take before it is said that it is waited for, and the rest of the fleet. */
const SOON = 1000;
const LONG = 3000;

/** A fleet that starts. */
export interface Starting {
  fleet: Fleet;
  /** What its services wait for outside of the fleet, and the mend. */
  waitsFor(): Promise<string | undefined>;
}

/** Waits until the gateway answers and says that all five systems are there and ready. @returns false when `signal` ended it before */
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

function missingIn(status: Status): string | undefined {
  const numbers = { s1: 1, s2: 2, s3: 3, s4: 4, s5: 5 } as const;
  const late = VIABLE_SYSTEMS.filter((system) => {
    const { present, instances } = status.systems[numbers[system]];
    return !present || !instances.some(({ ready }) => ready);
  });
  return late.length === 0 ? undefined : late.map((system) => SYSTEM_NAMES[system]).join(', ');
}
