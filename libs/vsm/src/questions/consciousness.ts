import { z } from 'zod';
import { Acquisition } from '../messages/acquisition.js';
import { AlertState } from '../messages/algedonic.js';
import { Counts } from '../messages/operations.js';
import { Vitals } from '../messages/presence.js';
import { Pathology } from '../pathologies.js';
import { System } from '../systems.js';
import { Nothing, type Question, question } from './question.js';

/** Variety in states (disturbance types) and events, over `window` ms; bits where the sample carries them. */
export const VarietyReport = z.looseObject({
  window: z.number(),
  /** Disturbance types seen, plus the Chao1 estimate of the unseen. */
  required: z.number(),
  /** Types with a response, each times its success rate. */
  available: z.number(),
  gap: z.number(),
  seen: z.number().int(),
  unseen: z.number(),
  /** Types that wait for a tool, and their events. */
  waiting: z.object({ types: z.number().int(), events: z.number().int() }),
  /** Share of events answered, noted, attenuated, or settled by policy; null when nothing happened. */
  answered: z.number().nullable(),
  /** Entropy of the disturbances in bits by Chao–Shen, or why it is not said. */
  bits: z.union([
    z.object({ value: z.number(), low: z.number(), high: z.number() }),
    z.object({ unknown: z.string() }),
  ]),
});
export type VarietyReport = z.infer<typeof VarietyReport>;

/** An instance as its heartbeats show it. */
export const InstanceSeen = z.looseObject({
  instance: z.string(),
  /** `silent`: its heartbeat stopped without a farewell. */
  state: z.string(),
  ready: z.boolean(),
  version: z.string(),
  trouble: z.record(z.string(), z.string()),
  /** Of the lease that it leads under. */
  epoch: z.number().int().optional(),
  /** ms since the epoch. */
  started: z.number(),
  heard: z.number(),
  vitals: Vitals.optional(),
});

export const SystemStatus = z.looseObject({
  present: z.boolean(),
  instances: z.array(
    z.looseObject({
      instance: z.string(),
      state: z.string(),
      ready: z.boolean(),
      version: z.string(),
      trouble: z.record(z.string(), z.string()),
    }),
  ),
});

/** Row A1 of the features: every figure derives from what happened. */
export const Status = z.looseObject({
  name: z.string(),
  purpose: z.string(),
  viable: z.boolean(),
  /** Reasons why it is not viable, or what endangers it; empty when all is well. */
  reasons: z.array(z.string()),
  systems: z.looseObject({
    1: SystemStatus.extend({ units: z.number().int(), variety_absorbed: z.number(), servers: z.number().int() }),
    2: SystemStatus.extend({ conflicts_resolved: z.number().int(), loops: z.array(z.unknown()) }),
    /**
     * Performance of all units in the last minute, as Beer measures it: actuality over potentiality; null when nothing
     * came.
     */
    3: SystemStatus.extend({ efficiency: z.number().nullable() }),
    4: SystemStatus.extend({
      threats: z.array(z.string()),
      opportunities: z.array(z.string()),
      acquisitions: z.array(Acquisition.data),
    }),
    5: SystemStatus.extend({
      policies_active: z.number().int(),
      pending: z.number().int(),
      alerts: z.array(AlertState.data),
    }),
  }),
  variety: VarietyReport,
  health: z.looseObject({
    status: z.enum(['ok', 'degraded', 'down']),
    services: z.record(z.string(), z.enum(['ok', 'degraded', 'down'])),
  }),
  /** States of all events, from the ledger: it balances, Σ = received. */
  account: z.looseObject({ received: z.number().int(), outcomes: Counts }),
  /** Pathologies that the fleet shows now. */
  pathologies: z.array(Pathology).default([]),
});
export type Status = z.infer<typeof Status>;

export const JournalEntry = z.looseObject({
  system: z.string(),
  epoch: z.number().int(),
  seq: z.number().int(),
  type: z.string(),
  at: z.number(),
  /** Its cause: ids of messages, proposals, people. */
  cause: z.string().nullable(),
  data: z.unknown(),
  hash: z.string(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** The questions that the consciousness answers. */
export const CONSCIOUSNESS_QUESTIONS = {
  status: question('consciousness', 'status', Nothing, Status),
  /** Every system's instances, alive or just gone, and the processes they run in. */
  systems: question(
    'consciousness',
    'systems',
    z.looseObject({ system: System.optional() }),
    z.looseObject({
      systems: z.array(
        SystemStatus.extend({
          system: System,
          health: z.enum(['ok', 'degraded', 'down']),
          instances: z.array(InstanceSeen),
        }),
      ),
    }),
  ),
  /** Row A2. `gaps` name the system and a mend that exists. */
  variety: question(
    'consciousness',
    'variety',
    Nothing,
    z.looseObject({
      variety: VarietyReport,
      critical: z.boolean(),
      gaps: z.array(
        z.looseObject({
          system: z.string(),
          type: z.string().optional(),
          events: z.number().int(),
          recommendation: z.string(),
        }),
      ),
    }),
  ),
  journal: question(
    'consciousness',
    'journal',
    z.object({
      system: z.string().optional(),
      type: z.string().optional(),
      since: z.number().optional(),
      limit: z.number().int().max(1000).default(100),
    }),
    z.object({ entries: z.array(JournalEntry) }),
  ),
} as const satisfies Record<string, Question>;
