import { argumentsOf, expressionOf, scopeOf } from '@vsmcp/expressions';
import { type Unit, Unit as UnitSchema, VsmError } from '@vsmcp/vsm';
import { Catalog } from '../../services/system1-operations/dist/deciding/catalog.js';
import type { Figure } from './support/report.js';

const FEW = 10;
const MANY = 10_000;
/** Rounds of each, in turn, so that what slows the machine slows both. */
const ROUNDS = 21;
const EVENTS = 100_000;
/** Fewer where expressions are evaluated, but each unit twice. */
const EVALUATED = 20_000;
const MEMORY_ROUNDS = 5;

/** A unit as people write them: its own branch of types, two responses with expressions. */
function unit(area: string, n: number, alike: boolean): Unit {
  return UnitSchema.parse({
    absorbs: `${area}-${n}.#`,
    responses: {
      [`${area}-${n}.order.placed`]: {
        call: 'shop.order',
        with: { name: `=data.name + "@${alike ? '' : n}" + event.id`, lines: '=data.lines' },
        guard: `size(data.lines) != ${alike ? 0 : n + FEW}`,
      },
      [`${area}-${n}.*.seen`]: 'noted',
    },
  });
}

/**
 * Event → unit → response → plan → guard and arguments, with 10 and with 10,000 units, and what a unit costs in memory,
 * at rest and once its events have come. The same events go through both catalogs; in other rows each event is for
 * another of the 10,000, so that nothing is in the processor's cache, and where each unit has expressions of its own,
 * these are not compiled any more.
 */
export async function units(): Promise<Figure[]> {
  // Before there are other catalogs, with which the units of these could share something.
  const memories = [
    { what: 'memory of a unit', ...memory(false, true) },
    { what: 'the same, its events have come, of a template', ...memory(true, true) },
    { what: 'the same, its events have come, each its own', ...memory(true, false) },
  ].map((figure) => ({ unit: 'bytes', wanted: '< 5 KB', ...figure }));
  const few = catalogOf('area', FEW);
  const many = catalogOf('area', MANY);
  const fewOwn = catalogOf('area', FEW, false);
  const own = catalogOf('area', MANY, false);
  const orders = (n: number) => Array.from({ length: n }, (_, i) => `area-${i}.order.placed`);
  const types = (n: number) => orders(n).flatMap((order, i) => [order, `area-${i}.stock.seen`]);
  const within = { wanted: 'within 10 % of those with 10 units' };
  const costs = [
    { what: 'an event with 10 units', of: () => cost(few, types(FEW)) },
    { what: 'the same events with 10,000 units', of: () => cost(many, types(FEW)), ...within },
    { what: 'events for all of the 10,000 in turn', of: () => cost(many, types(MANY)) },
    { what: 'an event, guard and arguments made, 10 units', of: () => evaluation(few, orders(FEW)) },
    { what: 'the same events, 10,000 units of a template', of: () => evaluation(many, orders(FEW)), ...within },
    { what: 'events for all of these in turn', of: () => evaluation(many, orders(MANY)) },
    { what: 'the same with 10 units, each its own', of: () => evaluation(fewOwn, orders(FEW)) },
    { what: 'the same events, 10,000 units, each its own', of: () => evaluation(own, orders(FEW)), ...within },
    { what: 'events for all of these in turn', of: () => evaluation(own, orders(MANY)) },
  ].map((row) => ({ unit: 'ns', values: [] as number[], ...row }));
  for (const { of } of costs) of(); // plans are made
  for (let round = 0; round < ROUNDS; round++) for (const { of, values } of costs) values.push(of());
  return [...costs.map(({ of, ...figure }) => figure), ...memories];
}

function catalogOf(area: string, n: number, alike = true): Catalog {
  return new Catalog(Object.fromEntries(Array.from({ length: n }, (_, i) => [`${area}-${i}`, unit(area, i, alike)])));
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

/** Nanoseconds an event, with its guard judged and the arguments of its call made. */
function evaluation(catalog: Catalog, types: readonly string[]): number {
  let made = 0;
  const began = process.hrtime.bigint();
  for (let n = 0; n < EVALUATED; n++) made += called(catalog, types[n % types.length] ?? '');
  const took = Number(process.hrtime.bigint() - began);
  if (made !== EVALUATED) throw new Error(`${EVALUATED - made} events were not answered`);
  return took / EVALUATED;
}

/** @returns 1 when a call was made ready */
function called(catalog: Catalog, type: string): number {
  const plan = catalog.plan(catalog.match(type));
  if (plan === undefined || plan instanceof VsmError || plan.kind !== 'call') return 0;
  const scope = scopeOf({
    specversion: '1.0',
    id: 'e',
    source: '/bench',
    type,
    data: { name: 'a', lines: ['x', 'y'] },
  });
  const [step] = plan.steps;
  if (step === undefined || plan.guard?.holds(scope) !== true) return 0;
  return Array.isArray(argumentsOf(step.args, scope).lines) ? 1 : 0;
}

/** Heap bytes of a unit, out of 10,000, whose words no units before them had. */
function memory(used: boolean, alike: boolean): Pick<Figure, 'values' | 'missing'> {
  const collect = globalThis.gc;
  if (collect === undefined) return { values: [], missing: 'run with node --expose-gc' };
  const values = Array.from({ length: MEMORY_ROUNDS }, (_, round) => {
    forgetExpressions(round);
    const area = `round-${used}-${alike}-${round}`;
    collect();
    const before = process.memoryUsage().heapUsed;
    const catalog = catalogOf(area, MANY, alike);
    if (used) for (let n = 0; n < MANY; n++) called(catalog, `${area}-${n}.order.placed`);
    collect();
    const bytes = process.memoryUsage().heapUsed - before;
    if (catalog.units.size !== MANY) throw new Error('the catalog went');
    return bytes / MANY;
  });
  return { values };
}

/** Long texts, each asked for twice, push out what rounds before left compiled, so that what is kept counts in each. */
function forgetExpressions(round: number): void {
  for (const letter of ['a', 'a', 'b', 'b']) expressionOf(`"${letter.repeat(100_000 + round)}"`);
}
