import { type Unit, Unit as UnitSchema } from '@vsmcp/vsm';
import { Catalog } from '../../services/system1-operations/dist/catalog.js';
import type { Figure } from './support/report.js';

const FEW = 10;
const MANY = 10_000;
/** Rounds of each, in turn, so that what slows the machine slows both. */
const ROUNDS = 21;
const EVENTS = 100_000;

/** A unit as people write them: its own branch of types, two responses with expressions. */
function unit(n: number, alike = true): Unit {
  return UnitSchema.parse({
    absorbs: `area-${n}.#`,
    responses: {
      [`area-${n}.order.placed`]: {
        call: 'shop.order',
        with: { name: `=data.name + "@${alike ? '' : n}" + event.id`, lines: '=data.lines' },
        guard: `size(data.lines) > ${alike ? 0 : n}`,
      },
      [`area-${n}.*.seen`]: 'noted',
    },
  });
}

/**
 * Event → unit → response → compiled plan, with 10 and with 10,000 units, and what a unit costs in memory, at rest and once its events have come.
 * The same events go through both catalogs; in a third row each event is for another of the 10,000, so that nothing is in the processor's cache.
 */
export async function units(): Promise<Figure[]> {
  const few = catalogOf(FEW);
  const many = catalogOf(MANY);
  const types = (n: number) =>
    Array.from({ length: n }, (_, i) => [`area-${i}.order.placed`, `area-${i}.stock.seen`]).flat();
  const sets = { few: types(FEW), all: types(MANY) };
  const costs = { few: [] as number[], many: [] as number[], all: [] as number[] };
  cost(many, sets.all); // compiles
  for (let round = 0; round < ROUNDS; round++) {
    costs.few.push(cost(few, sets.few));
    costs.many.push(cost(many, sets.few));
    costs.all.push(cost(many, sets.all));
  }
  return [
    { what: 'an event with 10 units', unit: 'ns', values: costs.few },
    {
      what: 'the same events with 10,000 units',
      unit: 'ns',
      wanted: 'within 10 % of the one above',
      values: costs.many,
    },
    { what: 'events for all of the 10,000 in turn', unit: 'ns', values: costs.all },
    { what: 'memory of a unit', unit: 'bytes', wanted: '< 5 KB', ...memory(false, true) },
    {
      what: 'the same, its expressions compiled, of a template',
      unit: 'bytes',
      wanted: '< 5 KB',
      ...memory(true, true),
    },
    { what: 'the same, its expressions compiled, each its own', unit: 'bytes', ...memory(true, false) },
  ];
}

function catalogOf(n: number, alike = true): Catalog {
  return new Catalog(Object.fromEntries(Array.from({ length: n }, (_, i) => [`unit-${i}`, unit(i, alike)])));
}

/** Nanoseconds an event. */
function cost(catalog: Catalog, types: readonly string[]): number {
  let answered = 0;
  const began = process.hrtime.bigint();
  for (let n = 0; n < EVENTS; n++) {
    const plan = catalog.plan(catalog.match(types[n % types.length] ?? ''));
    if (plan !== undefined && 'kind' in plan) answered++;
  }
  const took = Number(process.hrtime.bigint() - began);
  if (answered !== EVENTS) throw new Error(`${EVENTS - answered} events found no plan`);
  return took / EVENTS;
}

/** Heap bytes of a unit, out of 10,000. */
function memory(compiled: boolean, alike: boolean): Pick<Figure, 'values' | 'missing'> {
  const collect = globalThis.gc;
  if (collect === undefined) return { values: [], missing: 'run with node --expose-gc' };
  const values = Array.from({ length: 3 }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    const catalog = catalogOf(MANY, alike);
    if (compiled) for (let n = 0; n < MANY; n++) catalog.plan(catalog.match(`area-${n}.order.placed`));
    collect();
    const used = process.memoryUsage().heapUsed - before;
    if (catalog.units.size !== MANY) throw new Error('the catalog went');
    return used / MANY;
  });
  return { values };
}
