import { type Leadership, on, type ServiceContext } from '@vsmcp/service';
import { Algedonic, Outcome } from '@vsmcp/vsm';
import type { Catalog } from './catalog.js';
import { type SilenceSignal, Silences } from './silence.js';

/** How often (ms) silence is judged. */
const PACE = 500;

/**
 * Watches for expected events that stay away. One replica judges, by lease `silence`: it hears the outcomes of those types from
 * all replicas.
 */
export function watchSilence(
  context: ServiceContext,
  catalog: Catalog,
  track: (task: Promise<unknown>) => void,
): Leadership | undefined {
  const { clock, leaderships, say } = context;
  if (new Silences(catalog.units, 0, false).types.length === 0) return undefined;
  const tell = (signals: readonly SilenceSignal[]) => {
    for (const signal of signals) track(say(Algedonic, `${signal.severity}.s1.${signal.unit}`, { ...signal }));
  };
  return leaderships.campaign('silence', async (epoch) => {
    const silences = new Silences(catalog.units, clock.now(), epoch > 1);
    const bind = silences.types.map((type) => `*.${type}`);
    const consumer = await context.hear({ channel: 'outcome', bind }, [
      on(Outcome, async ({ data }) => tell(silences.seen(data.event.type, clock.now()))),
    ]);
    const stop = clock.every(PACE, () => tell(silences.check(clock.now())));
    return async () => {
      stop();
      await consumer.stop();
    };
  });
}
