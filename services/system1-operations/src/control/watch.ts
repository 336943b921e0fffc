import type { Consumer } from '@vsmcp/nervous-system';
import { type Leadership, on, type ServiceContext, serial } from '@vsmcp/service';
import { Algedonic, Outcome } from '@vsmcp/vsm';
import type { Catalog } from '../deciding/catalog.js';
import { type SilenceSignal, Silences } from './silence.js';

/** How often (ms) silence is judged. */
const PACE = 500;

export interface SilenceWatch {
  /** The units changed. */
  update(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Watches for expected events that stay away. One replica judges, by lease `silence`: it hears the outcomes of those
 * types from all replicas. Where nothing was ever expected nobody campaigns.
 */
export function watchSilence(
  context: ServiceContext,
  catalog: Catalog,
  track: (task: Promise<unknown>) => void,
): SilenceWatch {
  const { clock, leaderships, say } = context;
  let campaign: Leadership | undefined;
  let judge: { update(): Promise<void> } | undefined;
  const tell = (signals: readonly SilenceSignal[]) => {
    for (const signal of signals) track(say(Algedonic, `${signal.severity}.s1.${signal.unit}`, { ...signal }));
  };

  async function lead(epoch: number): Promise<() => Promise<void>> {
    const silences = new Silences(catalog.units, clock.now(), epoch > 1);
    const ear = new Ear(context, (type) => tell(silences.seen(type, clock.now())));
    // Known before it listens: the units may change meanwhile.
    judge = {
      async update() {
        tell(silences.update(catalog.units, clock.now()));
        await ear.listen(silences.types);
      },
    };
    await ear.listen(silences.types).catch((error: unknown) => {
      judge = undefined;
      throw error;
    });
    const stop = clock.every(PACE, () => tell(silences.check(clock.now())));
    return async () => {
      judge = undefined;
      stop();
      await ear.listen([]);
    };
  }

  return {
    async update() {
      const expects = [...catalog.units.values()].some(({ silence }) => silence !== undefined);
      if (expects) campaign ??= leaderships.campaign('silence', lead);
      await judge?.update();
    },
    async stop() {
      await campaign?.stop();
    },
  };
}

/** Hears outcomes of some event types; another choice takes the place of the one before without a gap. */
class Ear {
  readonly #context: ServiceContext;
  readonly #heard: (type: string) => void;
  #types = '';
  #consumer: Consumer | undefined;
  readonly #inTurn = serial();

  constructor(context: ServiceContext, heard: (type: string) => void) {
    this.#context = context;
    this.#heard = heard;
  }

  /** One choice after the other. Rejects where it cannot be listened to now; what was heard before goes on. */
  listen(types: readonly string[]): Promise<void> {
    return this.#inTurn(() => this.#listen(types));
  }

  async #listen(types: readonly string[]): Promise<void> {
    const wanted = [...types].sort().join(' ');
    if (wanted === this.#types) return;
    const before = this.#consumer;
    const bind = types.map((type) => `*.${type}`);
    const hearing = on(Outcome, async ({ data }) => this.#heard(data.event.type));
    this.#consumer = types.length === 0 ? undefined : await this.#context.hear({ channel: 'outcome', bind }, [hearing]);
    this.#types = wanted;
    await before?.stop();
  }
}
