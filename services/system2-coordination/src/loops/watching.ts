import type { ServiceContext } from '@vsmcp/service';
import { type Balance, type DataOf, SHARES_OF_THE_POOL, type Stock, THEIR_LOAD } from '@vsmcp/vsm';
import { Churn } from './churn.js';
import { type Found, Loops } from './loops.js';
import { loopReports } from './reports.js';
import { areFilled, Swinging } from './swinging.js';

/** Loops that an earlier leader was damping. */
export interface Inherited {
  loops: readonly Found[];
  churn: readonly Found[];
}

/**
 * Watches for what oscillates: units that undo each other (`loops.ts`), shares and load that swing (`swinging.ts`), and
 * servers that come and go (`churn.ts`). Says and journals what is found, damped and settled.
 */
export function watching(context: ServiceContext, epoch: number, inherited: Inherited) {
  const { clock, metrics } = context;
  const gauge = metrics.gauge('vsmcp_loops', 'Loops that are damped');
  const loops = new Loops();
  const churn = new Churn();
  const swinging = { shares: new Swinging(SHARES_OF_THE_POOL), load: new Swinging(THEIR_LOAD) };
  for (const loop of inherited.loops) loops.restore(loop, clock.now());
  for (const loop of inherited.churn) churn.restore(loop, clock.now());
  const reports = loopReports(context, epoch);

  const all = (): Found[] => [...loops.damped, ...swinging.shares.loops, ...swinging.load.loops, ...churn.loops];
  const count = () => gauge.set(all().length);

  async function undoing(found: readonly Found[]): Promise<void> {
    if (found.length === 0) return;
    await reports.undoing(found);
    count();
  }

  async function toControl(kind: 'swing' | 'churn', found: readonly Found[]): Promise<void> {
    await reports.toControl(kind, found);
    count();
  }

  return {
    loops,
    all,
    /** Tells of units that undo each other. */
    undoing,
    balance({ instance, units, running }: DataOf<typeof Balance>): void {
      if (areFilled(units, running)) swinging.shares.said(instance, units, clock.now());
      swinging.load.said(instance, running, clock.now());
    },
    stock: (stock: DataOf<typeof Stock>) => toControl('churn', churn.stock(stock, clock.now())),
    async tick(): Promise<void> {
      const now = clock.now();
      await undoing(loops.tick(now));
      await toControl('swing', [...swinging.shares.tick(now), ...swinging.load.tick(now)]);
      await toControl('churn', churn.tick(now));
    },
  };
}
