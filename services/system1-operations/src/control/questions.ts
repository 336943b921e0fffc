import type { Answers, ServiceContext } from '@vsmcp/service';
import {
  type Answer,
  type Asked,
  pathOfSystem,
  type Response,
  reasonOf,
  type Unit,
  VsmError,
  type Waiting,
} from '@vsmcp/vsm';
import type { Breakers } from '../attenuation/breakers.js';
import type { Bulkhead } from '../attenuation/bulkhead.js';
import type { Shedding } from '../attenuation/shedding.js';
import { ACQUIRED_UNIT, type Catalog } from '../deciding/catalog.js';
import { obstacleTo } from '../deciding/disposition.js';
import { checkedResponse } from '../deciding/plan.js';
import type { Servers } from '../servers/servers.js';
import { costAwareMemo } from './cost-aware-memo.js';
import type { LiveUnits } from './units.js';

/** Samples (`data`) of each kind of waiting event. */
const SAMPLES = 5;

interface Parts {
  /** The fleet's. */
  path: string;
  catalog: Catalog;
  servers: Servers;
  live: LiveUnits;
  bulkhead: Bulkhead;
  breakers: Breakers;
  shedding: Shedding;
}

/** Answers to the questions that System 1 can be asked. */
export function answersOf({ clock, ledger }: ServiceContext, parts: Parts): Answers {
  // The most frequent kinds are counted over all that waits, and asked for again and again.
  const frequent = costAwareMemo(clock, (limit: number) => ledger.waiting(limit, SAMPLES));
  const withServers = ({ waiting, ...total }: Awaited<ReturnType<typeof frequent>>): Answer<'waiting'> => ({
    ...total,
    waiting: waiting.map((kind) => withServer(parts, kind)),
  });
  return {
    units: async (asked) => unitsOf(parts, asked, clock.now()),
    examine: async ({ units }) => ({
      problems: Object.entries(units).flatMap(([name, { responses }]) =>
        Object.entries(responses).flatMap(([type, response]) => problemIn(`units.${name}.responses`, type, response)),
      ),
    }),
    waiting: async ({ limit, types, after }) => {
      if (types === undefined && after === undefined) return withServers(await frequent(limit));
      return withServers(
        await ledger.waiting(limit, SAMPLES, types === undefined ? { after: after ?? '' } : { types }),
      );
    },
    held: (filter) => ledger.held(filter),
    outcomes: async (filter) => ({ outcomes: await ledger.outcomes(filter) }),
    account: () => ledger.account(),
    test: ({ server }) => parts.servers.test(server),
  };
}

/** The kind with the server that it waits for, as it is now. */
function withServer({ catalog, servers }: Parts, kind: Waiting): Waiting {
  if (kind.cause !== 'unavailable') return kind;
  const plan = catalog.plan(catalog.match(kind.type));
  if (plan === undefined || plan instanceof VsmError || plan.kind !== 'call') return kind;
  const obstacle = obstacleTo(plan, { server: (name) => servers.view(name) });
  return obstacle?.do === 'park' && obstacle.server !== undefined ? { ...kind, server: obstacle.server } : kind;
}

function problemIn(where: string, type: string, response: Response): string[] {
  try {
    checkedResponse(type, response);
    return [];
  } catch (error) {
    return [`${where}.${type}: ${reasonOf(error)}`];
  }
}

type Listed = Answer<'units'>['units'][number];

/** @throws VSM_NOT_FOUND for a name that no unit has */
function unitsOf(parts: Parts, { name, after = '', limit }: Asked<'units'>, now: number): Answer<'units'> {
  const { catalog, live } = parts;
  const acquired = catalog.acquired();
  const total = catalog.units.size + (acquired.has(ACQUIRED_UNIT) && !catalog.units.has(ACQUIRED_UNIT) ? 1 : 0);
  const answer = (units: Listed[]) => ({ total, version: live.version, units });
  const listed = (unitName: string, unit: Unit): Listed => ({
    name: unitName,
    absorbs: [...new Set([...(unit.absorbs ?? []), ...Object.keys(unit.responses)])],
    responses: unit.responses,
    weight: unit.weight,
    acquired: Object.keys(acquired.get(unitName) ?? {}),
    ...(unit.system !== undefined && { system: pathOfSystem(parts.path, unitName, unit.system) }),
  });
  if (name !== undefined) {
    const whole = catalog.unit(name, acquired);
    if (whole === undefined) throw new VsmError('VSM_NOT_FOUND', `there is no unit ${name}; vsmcp units lists them`);
    const unit = catalog.units.get(name);
    return answer([{ ...listed(name, whole), ...(unit && { unit }), ...stateOf(parts, name, now) }]);
  }
  const names = new Set([...catalog.units.keys(), ...acquired.keys()]);
  const chosen = limit === 0 ? [] : [...names].filter((one) => one > after).sort();
  return answer(
    chosen.slice(0, limit).flatMap((one) => {
      const unit = catalog.unit(one, acquired);
      return unit === undefined ? [] : [listed(one, unit)];
    }),
  );
}

function stateOf({ bulkhead, breakers, shedding }: Parts, unit: string, now: number) {
  return {
    running: bulkhead.underWay().get(unit) ?? 0,
    waiting: shedding.waiting(unit, now),
    breakers: breakers.shown(unit),
  };
}
