import type { Random } from '@vsmcp/vsm';
import type { Step } from './schema.js';

/** Something happens: when (ms from the beginning of the day), and the how-manieth time of its step, from 1. */
export interface Arrival {
  at: number;
  n: number;
}

/** How often a step may be at most, so that a slip of a rate is no day without end. */
const MOST = 10_000_000;

/**
 * When a step happens, in the order of time, up to `end` (ms).
 * `rate` is a Poisson process: the gaps between arrivals are exponential, −ln(1 − u) / rate. A `burst` falls evenly by
 * chance into `over`.
 */
export function* arrivals(step: Step, end: number, random: Random): Generator<Arrival> {
  const { at, every, rate, burst, over = 0, until = end, times = MOST } = step;
  const last = Math.min(until, end);
  if (burst !== undefined) {
    const times = Array.from({ length: burst }, () => at + random() * over).sort((a, b) => a - b);
    for (const [i, time] of times.entries()) if (time <= end) yield { at: time, n: i + 1 };
    return;
  }
  if (every === undefined && rate === undefined) {
    if (at <= end) yield { at, n: 1 };
    return;
  }
  let time = rate === undefined ? at : at - Math.log(1 - random()) / rate;
  for (let n = 1; n <= times && time <= last; n++) {
    yield { at: time, n };
    time = rate === undefined ? at + n * (every ?? 0) : time - Math.log(1 - random()) / rate;
  }
}

/** `%n` in every text of a value. */
export function numbered(value: unknown, n: number): unknown {
  if (typeof value === 'string') return value.replaceAll('%n', String(n));
  if (Array.isArray(value)) return value.map((item) => numbered(item, n));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, numbered(item, n)]));
}
