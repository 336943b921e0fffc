import { reconcileUnits, type ServiceContext } from '@vsmcp/service';
import type { UnitRow } from '@vsmcp/vsm';
import type { Catalog } from '../deciding/catalog.js';

/** How long (ms) this replica goes by its own vsmcp.yaml where System 3 says nothing new. */
const OWN_WORD = 30_000;

/**
 * Keeps the catalog as the unit rows are. Until System 3 has said what holds, this replica works it out by itself: the
 * rows, with what its own vsmcp.yaml says anew.
 */
export class LiveUnits {
  readonly #context: ServiceContext;
  readonly #catalog: Catalog;
  readonly #started: number;
  #version = 0;
  /** The catalog is not what the rows say. */
  #own = true;

  constructor(context: ServiceContext, catalog: Catalog) {
    this.#context = context;
    this.#catalog = catalog;
    this.#started = context.clock.now();
    const known = context.metrics.gauge('vsmcp_units', 'Units of this replica');
    context.metrics.before(() => known.set(catalog.units.size));
  }

  /** Of the rows that the catalog follows; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  /** To be done first, while the catalog has what vsmcp.yaml says. */
  async start(): Promise<void> {
    const { config, units } = this.#context;
    const { version, rows } = await units.readSince(0);
    this.#version = version;
    if (version === 0) return;
    const newest = reconcileUnits(
      [...rows.values()].filter((row) => row !== undefined),
      config.units,
    );
    this.#own = newest.size > 0;
    this.#take(new Map([...rows, ...newest]));
  }

  /** Reads what is new. @returns whether anything is */
  async refresh(): Promise<boolean> {
    const { clock, log, units } = this.#context;
    const { version, rows } = await units.readSince(this.#version);
    const late = clock.now() - this.#started > OWN_WORD;
    if (version === this.#version && !(this.#own && late && version > 0)) return false;
    const from = this.#own ? await units.readSince(0) : { version, rows };
    const gone = this.#own ? [...this.#catalog.units.keys()].filter((name) => !from.rows.has(name)) : [];
    this.#take(new Map([...gone.map((name) => [name, undefined] as const), ...from.rows]));
    this.#own = false;
    this.#version = from.version;
    log.info({ version: from.version, units: from.rows.size }, 'units are as System 3 says');
    return true;
  }

  #take(rows: ReadonlyMap<string, UnitRow | undefined>): void {
    this.#catalog.change(new Map([...rows].map(([name, row]) => [name, row?.unit ?? undefined])));
  }
}
