import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, Status, SYSTEM_NAMES, VIABLE_SYSTEMS } from '@vsmcp/vsm';
import type { Fleet } from '../fleet.js';

/** Milliseconds between two looks, and before it is said what is waited for. */
const LOOK = 200;
const LONG = 3000;

/** Waits until the gateway answers and says that all five systems are there and ready. @returns false when `signal` ended it before */
export async function untilReady(
  fleet: Fleet,
  signal: AbortSignal,
  waitsFor: (what: string) => void,
): Promise<boolean> {
  const since = Date.now();
  let told = '';
  while (!signal.aborted) {
    const missing = await lacking(fleet);
    if (missing === undefined) return true;
    if (missing !== told && Date.now() - since > LONG) {
      waitsFor(missing);
      told = missing;
    }
    await sleep(LOOK, undefined, { signal }).catch(() => undefined); // stopping cuts it short
  }
  return false;
}

/** What is not there yet. */
async function lacking(fleet: Fleet): Promise<string | undefined> {
  let status: Status;
  try {
    status = Status.parse(await fleet.get('/status'));
  } catch (error) {
    return `the gateway: ${reasonOf(error)}`;
  }
  const numbers = { s1: 1, s2: 2, s3: 3, s4: 4, s5: 5 } as const;
  const late = VIABLE_SYSTEMS.filter((system) => {
    const { present, instances } = status.systems[numbers[system]];
    return !present || !instances.some(({ ready }) => ready);
  });
  return late.length === 0 ? undefined : late.map((system) => SYSTEM_NAMES[system]).join(', ');
}
