import type { ServiceContext } from '@vsmcp/service';
import { reasonOf, type UnitRow } from '@vsmcp/vsm';

/** Milliseconds after which it is looked again whether units have changed. */
const LOOK = 5000;

/**
 * The units' weights as they are by now: units are rows that change live (docs/units.md). Until there are rows,
 * vsmcp.yaml holds.
 */
export class Weights {
  readonly #context: Pick<ServiceContext, 'clock' | 'config' | 'log' | 'units'>;
  readonly #rows = new Map<string, UnitRow | undefined>();
  #version = 0;
  #looked = Number.NEGATIVE_INFINITY;

  constructor(context: Pick<ServiceContext, 'clock' | 'config' | 'log' | 'units'>) {
    this.#context = context;
  }

  readonly of = (unit: string): number => {
    const live = this.#rows.has(unit) ? this.#rows.get(unit)?.unit : this.#context.config.units[unit];
    return live?.weight ?? 1;
  };

  /**
   * To be called before weights are asked for; reads new rows, at most every few seconds. Never rejects: the known ones
   * hold then.
   */
  async refresh(): Promise<void> {
    const { clock, log, units } = this.#context;
    if (clock.now() - this.#looked < LOOK) return;
    this.#looked = clock.now();
    try {
      const { version, rows } = await units.readSince(this.#version);
      for (const [name, row] of rows) this.#rows.set(name, row);
      this.#version = version;
    } catch (error) {
      log.warn({ err: error }, `units cannot be read, turns go by the weights of before: ${reasonOf(error)}`);
    }
  }
}
