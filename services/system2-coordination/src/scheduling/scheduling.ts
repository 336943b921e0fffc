import { currentTrace, type FleetConfig, type ServiceContext } from '@vsmcp/service';
import type { Answer, DataOf, Turn } from '@vsmcp/vsm';
import type { Outbox } from '../outbox.js';
import { Parts } from './parts.js';
import { type Given, Schedule } from './schedule.js';
import { Weights } from './weights.js';

/** Milliseconds without anybody waiting after which a server that has to be waited for is told again. */
const NEWS = 60_000;

/** Deals turns at servers with a rate or opening hours out to the units (`schedule.ts`), and keeps the account. */
export function scheduling(context: ServiceContext, outbox: Outbox, epoch: number) {
  const { clock, config, metrics } = context;
  const turns = metrics.counter('vsmcp_turns_total', 'Answers to who wants a turn at a server with a rate', [
    'server',
    'answer',
  ]);
  const waits = metrics.histogram('vsmcp_turn_wait_seconds', 'From the wish for a turn to the turn');
  const weights = new Weights(context);
  const schedules = opened(config.servers, weights, epoch, clock.now());
  const watch = waitingAt(context);

  async function deal(which: readonly (readonly [string, Schedule])[]): Promise<void> {
    if (which.length === 0) return;
    await weights.refresh();
    const now = clock.now();
    const given: Given[] = [];
    for (const [server, schedule] of which) {
      given.push(...schedule.deal(now));
      watch(server, schedule, now);
    }
    await Promise.all(
      given.map(({ grant, instance, server, waited }) => {
        turns.inc({ server, answer: grant.granted ? 'granted' : 'wait' });
        if (grant.granted) waits.observe(waited / 1000);
        return outbox(instance, { grant, trace: currentTrace() });
      }),
    );
  }

  return {
    async ask({ instance, turns: asked }: DataOf<typeof Turn>): Promise<void> {
      const now = clock.now();
      const touched = new Map<string, Schedule>();
      const free: Promise<void>[] = [];
      for (const request of asked) {
        const schedule = schedules.get(request.server);
        // Another configuration than the asker's: here it has no rate.
        if (!schedule) {
          free.push(outbox(instance, { grant: { claim: request.turn, granted: true }, trace: currentTrace() }));
          continue;
        }
        schedule.ask({ ...request, instance }, now);
        touched.set(request.server, schedule);
      }
      await Promise.all([...free, deal([...touched])]);
    },
    /** Requests that wait are granted as time passes. */
    tick: () => deal([...schedules].filter(([, schedule]) => schedule.waiting > 0)),
    view: (): Answer<'coordination'>['schedules'] =>
      [...schedules].map(([server, schedule]) => schedule.view(server, clock.now())),
  };
}

/** A schedule for each server that has a rate or opening hours. */
function opened(servers: FleetConfig['servers'], weights: Weights, epoch: number, now: number): Map<string, Schedule> {
  const schedules = new Map<string, Schedule>();
  for (const [server, { rate, open }] of Object.entries(servers)) {
    if (!rate && !open) continue;
    // The first leader has nobody before it.
    const notBefore = epoch <= 1 || !rate ? 0 : now + Parts.settling(rate);
    schedules.set(server, new Schedule({ rate, open }, weights.of, notBefore));
  }
  return schedules;
}

/** Counts the requests that wait, and tells of a server when they begin to. */
function waitingAt({ log, metrics }: ServiceContext): (server: string, schedule: Schedule, now: number) => void {
  const waiting = metrics.gauge('vsmcp_turns_waiting', 'Wishes for a turn that wait', ['server']);
  /** Server → when somebody last had to wait for it. */
  const busy = new Map<string, number>();
  return (server, schedule, now) => {
    const wait = schedule.waiting;
    waiting.set({ server }, wait);
    if (wait === 0) return;
    if (now - (busy.get(server) ?? Number.NEGATIVE_INFINITY) > NEWS) {
      const { calls, per, closed } = schedule.view(server, now);
      const why = closed === undefined ? 'its rate is reached: units take turns' : 'it is closed: units wait';
      log.info({ server, waiting: wait, calls, per, closed }, why);
    }
    busy.set(server, now);
  };
}
