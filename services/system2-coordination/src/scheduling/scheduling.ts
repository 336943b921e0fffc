import { currentTrace, type ServiceContext } from '@vsmcp/service';
import type { Answer, DataOf, Turn } from '@vsmcp/vsm';
import type { Outbox } from '../outbox.js';
import { Parts } from './parts.js';
import { type Allowed, type Given, Schedule } from './schedule.js';
import { Weights } from './weights.js';

/** Milliseconds without anybody waiting after which a server that has to be waited for is told again. */
const NEWS = 60_000;

/** Deals turns at servers with a rate out to the units (`schedule.ts`), and keeps the account. */
export function scheduling(context: ServiceContext, outbox: Outbox, epoch: number) {
  const { clock, config, log, metrics } = context;
  const turns = metrics.counter('vsmcp_turns_total', 'Answers to who wants a turn at a server with a rate', [
    'server',
    'answer',
  ]);
  const waits = metrics.histogram('vsmcp_turn_wait_seconds', 'From the wish for a turn to the turn');
  const waiting = metrics.gauge('vsmcp_turns_waiting', 'Wishes for a turn that wait', ['server']);
  const schedules = new Map<string, Schedule>();
  /** Server → when somebody last had to wait for it. */
  const busy = new Map<string, number>();
  const weights = new Weights(context);
  for (const [server, { rate, open }] of Object.entries(config.servers))
    if (rate || open) schedules.set(server, opened({ rate, open }));

  function opened(allowed: Allowed): Schedule {
    // The first leader has nobody before it.
    const { rate } = allowed;
    return new Schedule(allowed, weights.of, epoch <= 1 || !rate ? 0 : clock.now() + Parts.settling(rate));
  }

  async function deal(which: readonly (readonly [string, Schedule])[]): Promise<void> {
    if (which.length === 0) return;
    await weights.refresh();
    const now = clock.now();
    const given: Given[] = [];
    for (const [server, schedule] of which) {
      given.push(...schedule.deal(now));
      const wait = schedule.waiting;
      waiting.set({ server }, wait);
      if (wait === 0) continue;
      if (now - (busy.get(server) ?? Number.NEGATIVE_INFINITY) > NEWS) {
        const { calls, per, closed } = schedule.view(server, now);
        const why = closed === undefined ? 'its rate is reached: units take turns' : 'it is closed: units wait';
        log.info({ server, waiting: wait, calls, per, closed }, why);
      }
      busy.set(server, now);
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
      for (const wish of asked) {
        const schedule = schedules.get(wish.server);
        // Another configuration than the asker's: here it has no rate.
        if (!schedule) {
          free.push(outbox(instance, { grant: { claim: wish.turn, granted: true }, trace: currentTrace() }));
          continue;
        }
        schedule.ask({ ...wish, instance }, now);
        touched.set(wish.server, schedule);
      }
      await Promise.all([...free, deal([...touched])]);
    },
    /** What waits is dealt out as time passes. */
    tick: () => deal([...schedules].filter(([, schedule]) => schedule.waiting > 0)),
    view: (): Answer<'coordination'>['schedules'] =>
      [...schedules].map(([server, schedule]) => schedule.view(server, clock.now())),
  };
}
