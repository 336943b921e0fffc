import type { Acquisition, DataOf, Demand, TypeResults, Waiting } from '@vsmcp/vsm';

/** A wish of an agent that no tool fulfilled. Times in ms since the epoch. */
export interface Wished {
  wish: string;
  /** Times that it was said since `since`. */
  times: number;
  since: number;
  /** Time at which it was last said, ms since the epoch. */
  at: number;
  /** A tool came for it, or policy settled that none shall. */
  settled: boolean;
}

/** By the event type that stands for the wish. */
export type Demands = Map<string, Wished>;

const MOST = 1000;

/** @param window ms after which a wish that was not said again is forgotten */
export function wished(demands: Demands, { type, wish }: DataOf<typeof Demand>, now: number, window: number): void {
  for (const [known, { at }] of demands) if (now - at > window) demands.delete(known);
  const before = demands.get(type);
  if (before === undefined && demands.size >= MOST) return;
  const anew = before === undefined || before.settled;
  demands.set(type, {
    wish,
    times: anew ? 1 : before.times + 1,
    since: anew ? now : before.since,
    at: now,
    settled: false,
  });
}

/** An acquisition that ended well, or that policy refused, settles the wish; any other leaves it open. */
export function settled(demands: Demands, { type, step }: DataOf<typeof Acquisition>): void {
  const demand = demands.get(type);
  if (demand !== undefined && (step === 'closed' || step === 'refused'))
    demands.set(type, { ...demand, settled: true });
}

/** Wishes as variety of the window: each is an event of its type. */
export function demandFates(demands: Demands, now: number, window: number): TypeResults[] {
  return [...demands.values()]
    .filter(({ at }) => now - at <= window)
    .map(({ times, settled }) => ({ events: times, absorbed: settled ? times : 0 }));
}

/** The wishes that are open, as what waits. */
export function demandsWaiting(demands: Demands, now: number, window: number): Waiting[] {
  return [...demands]
    .filter(([, { at, settled }]) => !settled && now - at <= window)
    .map(([type, { times, since, wish }]) => ({
      type,
      unit: '',
      events: times,
      since,
      cause: 'wanted' as const,
      samples: [],
      because: `an agent wished for it: ${wish}`,
    }));
}

/** Stands for a wish, and not for events: no unit can answer it. */
export const isDemand = (type: string): boolean => type.startsWith('demand.');
