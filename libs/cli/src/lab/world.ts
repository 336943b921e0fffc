import type { ServiceContext } from '@vsmcp/service';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Chance } from './chance.js';
import { arrivals, numbered } from './day/arrivals.js';
import type { Step } from './day/schema.js';
import type { VirtualClock } from './virtual-clock.js';

export interface WorldParts {
  clock: VirtualClock;
  chance: Chance;
  /** Whom people speak to. */
  gateway: ServiceContext;
  publish(type: string, data: Record<string, unknown>): void;
  /** Told of what people said and nobody took. */
  unheard(what: string): void;
  /** A failure that must not happen: it ends the run. */
  failed(error: unknown): void;
}

/** Lets the world go its way from now on: each step of the day happens when it is due. */
export function openWorld(steps: readonly Step[], lasts: number, parts: WorldParts): void {
  const { clock, chance } = parts;
  const start = clock.now();
  for (const [i, step] of steps.entries()) {
    const coming = arrivals(step, lasts, chance(`arrivals ${i}`));
    const act = acting(step, parts, chance(`choices ${i}`));
    const next = () => {
      const arrival = coming.next();
      if (arrival.done) return;
      const { at, n } = arrival.value;
      clock.after(start + at - clock.now(), () => {
        act(n);
        next();
      });
    };
    next();
  }
}

function acting(step: Step, parts: WorldParts, random: () => number): (n: number) => void {
  const { gateway, publish, unheard, failed } = parts;
  if ('publish' in step) {
    const types = [step.publish].flat();
    return (n) => {
      const type = types[Math.floor(random() * types.length)] ?? '';
      publish(String(numbered(type, n)), record(numbered(step.data, n)));
    };
  }
  const say = (what: string, task: Promise<unknown>) => {
    task.catch((error: unknown) => {
      // Nobody is there, or says no: that is part of the day.
      if (error instanceof VsmError) unheard(`${what}: ${reasonOf(error)}`);
      else failed(error);
    });
  };
  if ('acknowledge' in step) {
    const { acknowledge, by } = step;
    const alert = acknowledge === 'all' ? {} : { alert: acknowledge };
    return () => say('acknowledge', gateway.ask('acknowledge', { ...alert, by }));
  }
  if ('decide' in step) return () => say('decide', decideAll(gateway, step.decide, step.by));
  const { operate, with: given, by } = step;
  return (n) =>
    say('operate', gateway.ask('operate', { tool: operate, params: record(numbered(given, n)), by, wait: 0 }));
}

async function decideAll(gateway: ServiceContext, verdict: 'allow' | 'deny', by: string): Promise<void> {
  const { pending } = await gateway.ask('decisions', {});
  for (const { proposal } of pending) {
    await gateway.ask('decide', { proposal: proposal.proposal, verdict, because: 'the day says so', by });
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
