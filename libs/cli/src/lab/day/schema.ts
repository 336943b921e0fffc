import { Duration, isKey, ToolRef } from '@vsmcp/vsm';
import { z } from 'zod';
import { Offer, Servers } from '../tools/script.js';

/** `6/m`: events a second, minute, hour or day in the mean. Parsed to events a millisecond. */
const Rate = z
  .string()
  .regex(/^\d+(\.\d+)?\/[smhd]$/, 'a rate such as 6/m')
  .transform((text) => Number.parseFloat(text) / MS[text.at(-1) as keyof typeof MS]);
const MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `%n` in it is the number of the event, from 1. */
const EventType = z.string().refine((text) => isKey(text.replaceAll('%n', '1')), 'an event type, `%n` in it a number');

/**
 * When something happens: once, every so often, by chance (`rate`: a Poisson process), or many at once (`burst` within
 * `over`).
 */
const When = {
  at: Duration.default(0),
  every: Duration.optional(),
  rate: Rate.optional(),
  burst: z.number().int().positive().optional(),
  over: Duration.optional(),
  until: Duration.optional(),
  times: z.number().int().positive().optional(),
};

const Publish = z.strictObject({
  ...When,
  /** One of these, by chance. */
  publish: z.union([EventType, z.array(EventType).min(1)]),
  /** `%n` in texts is the number of the event. */
  data: z.record(z.string(), z.unknown()).default({}),
});
/** A person acknowledges an alert, or all that stand. */
const Acknowledge = z.strictObject({ ...When, acknowledge: z.string(), by: z.string().default('person') });
/** A person decides about all that asks. */
const Decide = z.strictObject({ ...When, decide: z.enum(['allow', 'deny']), by: z.string().default('person') });
/** A person has System 3 command a single operation. */
const Operate = z.strictObject({
  ...When,
  operate: ToolRef,
  with: z.record(z.string(), z.unknown()).default({}),
  by: z.string().default('person'),
});

type Timed = { every?: number; rate?: number; burst?: number; over?: number; until?: number; times?: number };
export const Step = z
  .union([Publish, Acknowledge, Decide, Operate])
  .superRefine(({ every, rate, burst, over, until, times }: Timed, issues) => {
    const wrong = (message: string) => issues.addIssue({ code: 'custom', message });
    if ([every, rate, burst].filter((way) => way !== undefined).length > 1) wrong('one of `every`, `rate`, `burst`');
    if (every === 0 || rate === 0) wrong('`every` and `rate` must be more than 0');
    if (over !== undefined && burst === undefined) wrong('`over` needs `burst`');
    if ((until !== undefined || times !== undefined) && every === undefined && rate === undefined)
      wrong('`until` and `times` need `every` or `rate`');
  });
export type Step = z.infer<typeof Step>;

/** Systems without which there is still something to see. */
export const ABLE = ['s2', 's3', 's4', 's5'] as const;
export type Able = (typeof ABLE)[number];

/** A day in the lab. */
export const Day = z.strictObject({
  lasts: Duration.refine((ms) => ms > 0, 'longer than 0'),
  /** When it begins. */
  starts: z.iso.datetime().default('2026-01-01T00:00:00Z'),
  /** Systems that the fleet lacks that day. */
  without: z.array(z.enum(ABLE)).default([]),
  /** As vsmcp.yaml has it, without `servers`, `registries`, `environment` and `demo`: those the lab has its own of. */
  fleet: z.record(z.string(), z.unknown()).default({}),
  /** Scripted MCP servers that the fleet has from the beginning. */
  servers: Servers.default({}),
  /** Scripted MCP servers that it may find. */
  registry: z.array(Offer).default([]),
  /** Acts of the world; times count from the beginning. */
  world: z.array(Step).default([]),
});
export type Day = z.infer<typeof Day>;

/** Keys of vsmcp.yaml that the lab has its own of. */
export const OWN = ['servers', 'registries', 'environment', 'demo', 'gateway'] as const;
