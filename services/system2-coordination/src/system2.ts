import { consumers, on, type Service, type ServiceContext } from '@vsmcp/service';
import { Balance, Claim, Release, reasonOf, SHARES_OF_THE_POOL, Stock, THEIR_LOAD, Turn } from '@vsmcp/vsm';
import { coordinate } from './claims/coordinate.js';
import { Leases } from './claims/leases.js';
import { Churn } from './loops/churn.js';
import { Loops } from './loops/loops.js';
import { Swinging } from './loops/swinging.js';
import { openOutbox } from './outbox.js';
import { scheduling } from './scheduling/scheduling.js';
import { Takeover } from './takeover.js';

/** Milliseconds between looks at what lapses. */
const TICK = 250;

/**
 * System 2: coordination. It grants claims on shared resources as leases, deals the rates of shared servers out, and damps what oscillates. One instance
 * leads; its leases live in memory, so a new leader first lets those of the last one lapse.
 */
export const system2: Service = {
  system: 's2',
  async start(context) {
    context.leadershipState({ state: 'standby' });
    const leadership = context.leaderships.campaign('s2', (epoch) => lead(context, epoch));
    return () => leadership.stop();
  },
};

async function lead(context: ServiceContext, epoch: number) {
  const { clock, log } = context;
  const takeover = new Takeover(context.journal, epoch);
  const { held, notBefore } = await takeover.inherit(clock.now());
  if (notBefore > clock.now())
    log.info({ epoch, notBefore }, 'leases of the last coordinator may be held: no grant yet');
  const leases = new Leases(epoch, notBefore, held);
  const loops = new Loops();
  for (const loop of await takeover.loops()) loops.restore(loop, clock.now());
  const outbox = openOutbox(context);
  const schedules = scheduling(context, outbox, epoch);
  const churn = new Churn();
  for (const loop of await takeover.loops('churn')) churn.restore(loop, clock.now());
  const swinging = { shares: new Swinging(SHARES_OF_THE_POOL), load: new Swinging(THEIR_LOAD) };
  const watching = { leases, loops, churn, swinging };
  const coordination = coordinate(context, outbox, watching, takeover, epoch);
  const hearing = await consumers([
    context.hear(
      's2.coordination',
      [
        on(Claim, ({ data }) => coordination.claim(data)),
        on(Release, ({ data }) => coordination.release(data.claims)),
        on(Turn, ({ data }) => schedules.ask(data)),
        on(Stock, ({ data }) => coordination.stock(data)),
        on(Balance, async ({ data }) => coordination.balance(data)),
      ],
      { prefetch: 500 },
    ),
    context.answer({
      coordination: async () => coordination.view(schedules.view()),
      precede: (asked) => coordination.precede(asked),
      granted: async ({ claims }) => coordination.granted(claims),
    }),
  ]);
  const stopTicking = clock.every(TICK, () => {
    Promise.all([coordination.tick(), schedules.tick()]).catch((error: unknown) =>
      log.error({ err: error }, `leases not kept: ${reasonOf(error)}`),
    );
  });
  context.leadershipState({ state: 'active', epoch });
  log.info({ epoch }, 'System 2 leads');
  return async () => {
    stopTicking();
    await hearing.stop();
    await takeover.leave(leases.held, notBefore).catch((error: unknown) => {
      log.warn(
        { err: error },
        'the next coordinator could not be told when leases lapse; it will wait for all of them',
      );
    });
    context.leadershipState({ state: 'standby' });
  };
}
