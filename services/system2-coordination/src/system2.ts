import { consumers, everyWhenIdle, on, replay, type Service, type ServiceContext } from '@vsmcp/service';
import { Balance, Claim, Release, Stock, Turn } from '@vsmcp/vsm';
import { claimAccount } from './claims/account.js';
import { coordinate } from './claims/coordinate.js';
import { Leases } from './claims/leases.js';
import { watching } from './loops/watching.js';
import { openOutbox } from './outbox.js';
import { scheduling } from './scheduling/scheduling.js';
import { Takeover } from './takeover.js';
import { coordinationView } from './view.js';

/** Milliseconds between looks at what lapses. */
const TICK = 250;

/**
 * System 2: coordination. It grants claims on shared resources as leases, deals the rates of shared servers out, and
 * damps what oscillates. One instance leads; its leases live in memory, so a new leader first lets those of the last
 * one lapse.
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
  const { log } = context;
  const parts = await takeOver(context, epoch);
  const { coordination, schedules, loops, leases, takeover, notBefore } = parts;
  const hearing = await listen(context, parts);
  const tick = async () => {
    const leased = coordination.tick().then(() => loops.tick());
    await Promise.all([leased, schedules.tick()]);
  };
  const stopTicking = everyWhenIdle(context, TICK, tick, 'leases not kept');
  context.leadershipState({ state: 'active', epoch });
  log.info({ epoch }, 'System 2 leads');
  return async () => {
    await stopTicking();
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

/** The parts of a leader, with all that the one before left in the journal. */
async function takeOver(context: ServiceContext, epoch: number) {
  const { clock, journal, log } = context;
  const takeover = new Takeover(journal, epoch);
  await replay(journal, 's2', [takeover]);
  const { held, notBefore } = takeover.leases(clock.now());
  if (notBefore > clock.now())
    log.info({ epoch, notBefore }, 'leases of the last coordinator may be held: no grant yet');
  const leases = new Leases(epoch, notBefore, held);
  const outbox = openOutbox(context);
  const loops = watching(context, epoch, takeover);
  const account = claimAccount(context, leases);
  const around = { outbox, leases, loops: loops.loops, account, takeover, tellLoops: loops.undoing };
  const coordination = coordinate(context, around);
  const schedules = scheduling(context, outbox, epoch);
  return { takeover, notBefore, leases, loops, account, coordination, schedules };
}

type Parts = Awaited<ReturnType<typeof takeOver>>;

function listen(context: ServiceContext, { coordination, schedules, loops, leases, account }: Parts) {
  return consumers([
    context.hear(
      's2.coordination',
      [
        on(Claim, ({ data }) => coordination.claim(data)),
        on(Release, ({ data }) => coordination.release(data.claims)),
        on(Turn, ({ data }) => schedules.ask(data)),
        on(Stock, ({ data }) => loops.stock(data)),
        on(Balance, async ({ data }) => loops.balance(data)),
      ],
      { prefetch: 500 },
    ),
    context.answer({
      coordination: async () => coordinationView(leases, loops.all(), account, schedules.view()),
      precede: (asked) => coordination.precede(asked),
      granted: async ({ claims }) => account.granted(claims),
    }),
  ]);
}
