import { z } from 'zod';
import { isKey, isPattern } from './keys.js';

/** `4s`, `10m`, `1h`, `500ms` or a number of milliseconds; parsed to milliseconds. */
export const Duration = z
  .union([
    z.number().nonnegative(),
    z.string().regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration such as 500ms, 10s, 5m, 1h'),
  ])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const [, amount, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(value) as unknown as [string, string, keyof typeof MS];
    return Number(amount) * MS[unit];
  });
const MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const Pattern = z
  .string()
  .refine(isPattern, 'a topic pattern: words out of a-z 0-9 _ - parted by dots, * one word, # any number');
const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.union([schema, z.array(schema)]).transform((v) => (Array.isArray(v) ? v : [v]) as z.output<T>[]);

/** `server.tool`. A server's name has no dot; the rest is the tool's own name, whatever it contains. */
export const ToolRef = z.string().regex(/^[a-z0-9_-]+\..+$/, 'server.tool, such as memory.create_entities');

/**
 * A shared resource that a call needs, its name `=` CEL or literal. A name alone: nobody else holds it meanwhile. `mode: shared`: with any
 * number of others that share it. `of: 3`: at most three claims hold it at the same time.
 */
export const ResourceClaim = z.union([
  z.string().min(1),
  z.strictObject({ resource: z.string().min(1), mode: z.literal('shared') }),
  z.strictObject({ resource: z.string().min(1), of: z.number().int().positive() }),
]);
export type ResourceClaim = z.infer<typeof ResourceClaim>;

/** `call: person` */
export const PERSON = 'person';

/** What is called first: a tool, or a person, who is asked and whose answer stands as the result. */
const CallRef = z
  .string()
  .regex(/^(person|[a-z0-9_-]+\..+)$/, 'server.tool, such as memory.create_entities, or person');

/** Importance of an event in its unit: 0 (shed first) to 9. */
export const Priority = z.number().int().min(0).max(9);
/** Of an event for which neither its response nor itself says one. */
export const USUAL_PRIORITY = 5;

export const Step = z.strictObject({
  call: ToolRef,
  with: z.record(z.string(), z.unknown()).default({}),
});

/**
 * How a unit answers one kind of event. Leaves of `with` that begin with `=` are CEL over `data`, `event`
 * and (in `then`) `results`; all else is literal. Times in milliseconds.
 */
export const CallResponse = z.strictObject({
  call: CallRef,
  with: z.record(z.string(), z.unknown()).default({}),
  /** CEL that must be true for the call to be made; an event that it does not hold for waits, with the reason. */
  guard: z.string().optional(),
  /** Shared resources held during the call, all at once. */
  claims: oneOrMore(ResourceClaim).optional(),
  deadline: Duration.optional(),
  retries: z.number().int().min(0).max(10).optional(),
  /** The caller's word that repeating the call does no harm, when the tool's own annotations say nothing. */
  idempotent: z.boolean().optional(),
  /** At most one call per this period and event type; the rest is attenuated and counted. */
  latest: Duration.optional(),
  /** What is shed first when the unit's queue is full; goes before what the event itself says. */
  priority: Priority.optional(),
  /** Further calls, each seeing `results` of those before. */
  // biome-ignore lint/suspicious/noThenProperty: `then` is the word of vsmcp.yaml; the object is never awaited
  then: z.array(Step).max(4).optional(),
});
export type CallResponse = z.infer<typeof CallResponse>;

/** `noted`: answered without a tool. `wanted`: wait, and look for a tool. */
export const Response = z.union([z.literal('noted'), z.literal('wanted'), CallResponse]);
export type Response = z.infer<typeof Response>;

const FromVariable = z.strictObject({
  from: z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable'),
});

/**
 * A fleet as a unit. A file (`./west.yaml`): it runs with this one, its path is this one's and the unit's name. Or one that runs elsewhere, by its
 * path, on the broker of that URL (`{ from: VARIABLE }` where it has a password), or on this fleet's own. Its members sign with the secrets in the
 * variable that `cookie` names, or with this fleet's own.
 */
export const UnitSystem = z.union([
  z.string().regex(/\.ya?ml$/, 'a file such as ./west.yaml'),
  z.strictObject({
    path: z.string().refine(isKey, 'dot-separated words of a-z 0-9 _ -'),
    broker: z.union([z.string().regex(/^amqps?:\/\//, 'amqp://host:5672/vhost'), FromVariable]).optional(),
    cookie: FromVariable.optional(),
  }),
]);
export type UnitSystem = z.infer<typeof UnitSystem>;

/**
 * When a unit leaves a tool alone for a while: of its last `of` calls (once there are half as many) the part `failing` or more failed, or five in
 * a row got no answer. Then it waits `wait` ms, tries one call, and doubles the wait when that fails too.
 */
export const Breaker = z.strictObject({
  failing: z.number().gt(0).max(1).default(0.5),
  of: z.number().int().min(2).max(1000).default(20),
  wait: Duration.default(5000),
});
export type Breaker = z.infer<typeof Breaker>;

/** A primary activity of System 1. Patterns are AMQP topic patterns over event types. */
export const Unit = z.strictObject({
  /** Events of this unit, beyond those its responses name; those without a response wait here. */
  absorbs: oneOrMore(Pattern).optional(),
  responses: z.record(Pattern, Response).default({}),
  /** Event type → the longest time (ms) without one before it hurts. */
  silence: z.record(z.string().refine(isKey, 'an event type'), Duration).optional(),
  /** How many of each counted resource of `pool.counted` one operation takes, for as long as it runs. */
  needs: z.record(z.string(), z.number().positive()).optional(),
  /** Below this priority System 3 may have events shed while the unit cannot cope with all that comes. Absent: none. */
  sheds: Priority.optional(),
  /** Share of concurrency against the other units. */
  weight: z.number().positive().default(1),
  minimum: z.number().int().min(0).default(0),
  cap: z.number().int().positive().optional(),
  /** The unit is a viable system itself: what it absorbs goes down to it. */
  system: UnitSystem.optional(),
  /** How long (ms) an event may wait in that system before it counts as a gap here, and hurts. */
  wait: Duration.optional(),
  /** Port on which the fleet of that file has its REST, MCP and dashboard; none unless said. */
  gateway: z.number().int().min(1).max(65_535).optional(),
  /** Events that may wait for a place in the unit's share; beyond, the least important are shed. Absent: any number. */
  queue: z.number().int().positive().optional(),
  breaker: z.union([z.literal('off'), Breaker]).optional(),
  /** For responses that do not say their own. */
  deadline: Duration.optional(),
  retries: z.number().int().min(0).max(10).optional(),
});
export type Unit = z.infer<typeof Unit>;

/** A unit's name: one word of a routing key. */
export const UnitName = z.string().regex(/^[a-z0-9_-]{1,64}$/, 'a name of a-z 0-9 _ -, at most 64 long');
export const Units = z.record(UnitName, Unit);
export type Units = z.infer<typeof Units>;

/** A unit as its versioned row says it. */
export const UnitRow = z.object({
  name: UnitName,
  /** null: it was removed, though vsmcp.yaml still names it. */
  unit: Unit.nullable(),
  /** SHA-256 of what vsmcp.yaml last said of it; absent: it does not name it. */
  configured: z.string().optional(),
});
export type UnitRow = z.infer<typeof UnitRow>;
