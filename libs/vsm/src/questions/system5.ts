import { z } from 'zod';
import { Verdict } from '../messages/acquisition.js';
import { AlertState } from '../messages/algedonic.js';
import { Need } from '../messages/control.js';
import { Precedence } from '../messages/coordination.js';
import { UnitName } from '../unit.js';
import { Accepted, By, Nothing, petition, type Question, question } from './question.js';

/** The questions that System 5 answers. */
export const SYSTEM5_QUESTIONS = {
  decisions: question(
    's5',
    'decisions',
    Nothing,
    z.object({
      pending: z.array(Verdict.data.extend({ until: z.number() })),
      decided: z.array(Verdict.data.extend({ at: z.number() })),
      /** Needs that System 3 cannot settle by itself. */
      needs: z.array(Need).optional(),
    }),
  ),
  alerts: question('s5', 'alerts', Nothing, z.object({ alerts: z.array(AlertState.data) })),
  policies: question(
    's5',
    'policies',
    Nothing,
    z.looseObject({
      purpose: z.string(),
      policies: z.array(
        z.looseObject({ name: z.string(), because: z.string().optional(), cedar: z.string().optional() }),
      ),
    }),
  ),
  /** May this be done under policy? System 3 asks before it commands an operation that somebody wants. */
  permit: question(
    's5',
    'permit',
    z.object({
      action: z.string(),
      by: By,
      server: z.string().optional(),
      tool: z.string().optional(),
      arguments: z.array(z.string()).default([]),
    }),
    z.object({ permitted: z.boolean(), rule: z.string(), because: z.string() }),
  ),
  /**
   * Two units undo each other: whose purpose comes first? No `first` where policy does not say; then a person may
   * (`prefer`).
   */
  whose: question(
    's5',
    'whose',
    z.object({ units: z.array(z.string()), resource: z.string() }),
    z.object({ first: Precedence.optional() }),
  ),
  /** Priorities, unit by unit, in place of what was said before: `policy.priority`, changed live. */
  prioritize: petition(
    's5',
    'prioritize',
    z.object({ priority: z.record(UnitName, z.number().positive()), because: z.string().default(''), by: By }),
    Accepted,
  ),
  /** Row A7. */
  acquire: petition(
    's5',
    'acquire',
    z.object({ server: z.string().optional(), tool: z.string().optional(), type: z.string().optional(), by: By }),
    Accepted,
  ),
  /** To have a server that was acquired in another version, as it was before, or no more. */
  change: petition(
    's5',
    'change',
    z.object({
      server: z.string(),
      how: z.enum(['upgrade', 'rollback', 'dismiss']),
      /** For an upgrade: the exact version. */
      version: z.string().optional(),
      because: z.string().default(''),
      by: By,
    }),
    Accepted,
  ),
  decide: petition(
    's5',
    'decide',
    z.object({ proposal: z.string(), verdict: z.enum(['allow', 'deny']), because: z.string().default(''), by: By }),
    Accepted,
  ),
  acknowledge: petition(
    's5',
    'acknowledge',
    z.object({ alert: z.string().optional(), by: By }),
    z.object({ acknowledged: z.array(z.string()) }),
  ),
} as const satisfies Record<string, Question>;
