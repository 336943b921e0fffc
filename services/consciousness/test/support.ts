import type { Counts, DataOf, Heartbeat, Load, System, Waiting } from '@vsmcp/vsm';
import { VIABLE_SYSTEMS } from '@vsmcp/vsm';
import { evolve, type Fact, type Model, newModel } from '../src/model.js';
import { varietyOf } from '../src/variety.js';
import { type Viability, viability } from '../src/viability.js';

export const WINDOW = 300_000;
export const NOW = 1_000_000_000_000;

/** A model that took in these facts, all at NOW. */
export function given(...facts: Fact[]): Model {
  return facts.reduce((model, fact) => evolve(model, fact, NOW), newModel(WINDOW, NOW));
}

export function heartbeat(system: System, more: Partial<DataOf<typeof Heartbeat>> = {}): Fact {
  return {
    fact: 'heartbeat',
    data: {
      system,
      instance: `${system}-a`,
      version: '0.1.0',
      state: 'active',
      started: NOW,
      ready: true,
      trouble: {},
      ...more,
    },
  };
}

export const allPresent: Fact[] = VIABLE_SYSTEMS.map((system) => heartbeat(system));

export function load(
  types: Record<string, Counts>,
  others: DataOf<typeof Load>['others'] = { types: 0, outcomes: {} },
): Fact {
  return {
    fact: 'load',
    data: {
      instance: 's1-a',
      from: NOW - 1000,
      to: NOW,
      received: 1,
      duplicates: 0,
      retried: 0,
      running: 0,
      capacity: 10,
      outcomes: {},
      units: {},
      types,
      others,
      tools: {},
    },
  };
}

export function waits(type: string, events: number, more: Partial<Waiting> = {}): Waiting {
  return {
    type,
    unit: 'desk',
    events,
    since: NOW,
    cause: 'unanswered',
    because: 'nothing answers it',
    samples: [],
    ...more,
  };
}

/** System 1's answer on what waits. */
export function waiting(...kinds: Waiting[]): Fact {
  const events = kinds.reduce((sum, kind) => sum + kind.events, 0);
  return { fact: 'view', views: { waiting: { value: { types: kinds.length, events, waiting: kinds }, asOf: NOW } } };
}

export function account(outcomes: Counts): Fact {
  const received = Object.values(outcomes).reduce((sum, n) => sum + n, 0);
  return { fact: 'view', views: { account: { value: { received, outcomes }, asOf: NOW } } };
}

export function viabilityOf(model: Model, now = NOW): Viability {
  return viability(model, varietyOf(model, WINDOW, now), 0.8, now);
}
