import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { FleetConfig } from '@vsmcp/service';
import { Catalog } from '../../../services/system1-operations/src/catalog.js';
import type { Figure } from '../support/report.js';

const FEW = 10;
const MANY = 10_000;
const RUNS = 5;
const EVENTS = 500_000;

/** What 10,000 units cost in memory, and what an event costs with 10 of them and with 10,000. */
export async function manyUnits(): Promise<Figure[]> {
  memoryOf(MANY); // compiles what all of them share
  const memory = Array.from({ length: RUNS }, () => memoryOf(MANY));
  const [few, many] = [FEW, MANY].map((units) => new Catalog(configOf(units)));
  if (!few || !many) throw new Error('no catalogs');
  const times: { few: number; many: number }[] = [];
  for (let run = 0; run <= RUNS; run++) times.push({ few: matching(few, FEW), many: matching(many, MANY) });
  const measured = times.slice(1); // the first warms
  return [
    { what: '10,000 units: memory of one', unit: 'bytes', values: memory, wanted: '< 5,000' },
    { what: 'matching an event among 10 units', unit: 'ns', values: measured.map((each) => each.few) },
    { what: 'matching an event among 10,000 units', unit: 'ns', values: measured.map((each) => each.many) },
    {
      what: '10,000 units ÷ 10',
      unit: '×',
      values: measured.map((each) => each.many / each.few),
      wanted: '≤ 1.1',
    },
  ];
}

/** A response with expressions, a pattern, and limits of its own for each. */
function configOf(units: number): FleetConfig {
  const entries = Array.from({ length: units }, (_, n) => [
    `unit${n}`,
    {
      absorbs: `shop${n}.order.*`,
      responses: {
        [`shop${n}.order.placed`]: { call: 'every.echo', with: { message: `="order " + data.id` }, retries: 2 },
        [`shop${n}.order.seen`]: 'noted',
      },
    },
  ]);
  const servers = { every: { npm: '@modelcontextprotocol/server-everything@2026.8.31' } };
  return FleetConfig.parse({ servers, units: Object.fromEntries(entries) });
}

/** Bytes for each unit, its configuration, place in the index and compiled plan included. */
function memoryOf(units: number): number {
  const before = heap();
  const catalog = new Catalog(configOf(units));
  for (let n = 0; n < units; n++) catalog.plan(catalog.match(`shop${n}.order.placed`));
  const bytes = (heap() - before) / units;
  if (catalog.units.size !== units) throw new Error('units are missing');
  return bytes;
}

/** ns an event: its unit, response and plan. The types come in turn, as many as there are with 10 units. */
function matching(catalog: Catalog, units: number): number {
  const types = Array.from({ length: FEW }, (_, n) => `shop${Math.floor((n * units) / FEW)}.order.placed`);
  let found = 0;
  const since = performance.now();
  for (let n = 0; n < EVENTS; n++) {
    if (catalog.plan(catalog.match(types[n % FEW] ?? '')) !== undefined) found++;
  }
  const ns = ((performance.now() - since) * 1e6) / EVENTS;
  if (found !== EVENTS) throw new Error('events without a response');
  return ns;
}

function heap(): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  for (let n = 0; n < 3; n++) collect();
  return process.memoryUsage().heapUsed;
}
