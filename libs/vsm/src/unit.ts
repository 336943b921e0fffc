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
 * A shared resource that a call needs, its name `=` CEL or literal. A name alone: nobody else holds it meanwhile.
 * `mode: shared`: with any number of others that share it. `of: 3`: at most three claims hold it at the same time.
 */
const ResourceName = z
  .string()
  .min(1)
  .meta({
    description: 'Name of the resource: literal, or CEL after =. Required.',
    examples: ['="notice/" + data.name'],
  });
export const ResourceClaim = z.union([
  z.string().min(1),
  z.strictObject({
    resource: ResourceName,
    mode: z.literal('shared').meta({ description: 'Held together with any number of others that share it.' }),
  }),
  z.strictObject({
    resource: ResourceName,
    of: z
      .number()
      .int()
      .positive()
      .meta({ description: 'Number of claims that may hold it at the same time.', examples: [3] }),
  }),
]);
export type ResourceClaim = z.infer<typeof ResourceClaim>;

/** `call: person` */
export const PERSON = 'person';

/** The first call: a tool, or a person, who is asked and whose answer stands as the result. */
const CallRef = z
  .string()
  .regex(/^(person|[a-z0-9_-]+\..+)$/, 'server.tool, such as memory.create_entities, or person');

/** Importance of an event in its unit: 0 (shed first) to 9. */
export const Priority = z.number().int().min(0).max(9);
/** Of an event for which neither its response nor itself says one. */
export const USUAL_PRIORITY = 5;

export const Step = z.strictObject({
  call: ToolRef.meta({ description: 'The tool to call, as server.tool. Required.', examples: ['bank.refund'] }),
  with: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({
      description:
        'Arguments of the tool. A text that begins with = is CEL over data, event and (in then) results; all else is literal.',
      examples: [{ path: '=data.name', text: 'seen' }],
    }),
});

/**
 * A unit's answer to one kind of event. Leaves of `with` that begin with `=` are CEL over `data`, `event`
 * and (in `then`) `results`; all else is literal. Times in milliseconds.
 */
export const CallResponse = z.strictObject({
  call: CallRef.meta({
    description:
      'The tool to call, as server.tool; or person: somebody is asked, and what they say stands as the result. Required.',
    examples: ['memory.create_entities', 'person'],
  }),
  with: z
    .record(z.string(), z.unknown())
    .default({})
    .meta({
      description: 'Arguments of the tool. A text that begins with = is CEL over data and event; all else is literal.',
      examples: [{ path: '=data.name', text: 'seen' }],
    }),
  guard: z
    .string()
    .optional()
    .meta({
      description:
        'CEL over data and event that must be true for the call to be made; an event that it is false for is parked with the reason. Absent: no condition.',
      examples: ['data.amount < 100'],
    }),
  claims: oneOrMore(ResourceClaim)
    .optional()
    .meta({
      description:
        'Shared resources that the call holds while it runs, all at once; System 2 deals them out. Absent: none.',
      examples: [
        '="notice/" + data.name',
        [
          { resource: 'printer', mode: 'shared' },
          { resource: 'licence', of: 3 },
        ],
      ],
    }),
  deadline: Duration.optional().meta({
    description: "Time that the call may take, as a duration. Absent: the unit's deadline.",
    examples: ['30s'],
  }),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .meta({
      description: "Times that a failed call is made again where that is safe, 0 to 10. Absent: the unit's retries.",
      examples: [3],
    }),
  idempotent: z
    .boolean()
    .optional()
    .meta({
      description: "Your word that repeating the call does no harm. Absent: what the tool's own annotations say.",
      examples: [true],
    }),
  latest: Duration.optional().meta({
    description:
      'At most one call in this time for each event type, as a duration; the events between are attenuated and counted. Absent: every event is answered.',
    examples: ['10s'],
  }),
  priority: Priority.optional().meta({
    description:
      "Importance from 0, which is shed first, to 9; it goes before what the event itself says. Absent: the event's own, or 5.",
    examples: [9],
  }),
  /** Further calls, each seeing `results` of those before. */
  // biome-ignore lint/suspicious/noThenProperty: `then` is the word of vsmcp.yaml; the object is never awaited
  then: z
    .array(Step)
    .max(4)
    .optional()
    .meta({
      description: 'Up to four further calls, one after another; each sees the results of those before. Absent: none.',
      examples: [[{ call: 'bank.refund', with: { amount: '=results[0].amount' } }]],
    }),
});
export type CallResponse = z.infer<typeof CallResponse>;

/** `noted`: answered without a tool. `wanted`: wait, and look for a tool. */
export const Response = z.union([z.literal('noted'), z.literal('wanted'), CallResponse]);
export type Response = z.infer<typeof Response>;

const FromVariable = z.strictObject({
  from: z
    .string()
    .regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable')
    .meta({
      description: "Name of the variable of the process's environment that holds the value.",
      examples: ['WEST_COOKIE'],
    }),
});

/**
 * A fleet as a unit. A file (`./west.yaml`): it runs with this one, its path is this one's and the unit's name. Or one
 * that runs elsewhere, by its path, on the broker of that URL (`{ from: VARIABLE }` where it has a password), or on
 * this fleet's own. Its members sign with the secrets in the variable that `cookie` names, or with this fleet's own.
 */
export const UnitSystem = z.union([
  z.string().regex(/\.ya?ml$/, 'a file such as ./west.yaml'),
  z.strictObject({
    path: z
      .string()
      .refine(isKey, 'dot-separated words of a-z 0-9 _ -')
      .meta({
        description: 'Path of the fleet that is the unit: dot-separated words. Required.',
        examples: ['vsm.west'],
      }),
    broker: z
      .union([z.string().regex(/^amqps?:\/\//, 'amqp://host:5672/vhost'), FromVariable])
      .optional()
      .meta({
        description: "URL of the broker where it runs, or the variable that holds it. Absent: this fleet's own broker.",
        examples: ['amqp://rabbit.west:5672/', { from: 'WEST_AMQP_URL' }],
      }),
    cookie: FromVariable.optional().meta({
      description: "The variable that holds the secrets with which its members sign. Absent: this fleet's own.",
      examples: [{ from: 'WEST_COOKIE' }],
    }),
  }),
]);
export type UnitSystem = z.infer<typeof UnitSystem>;

/**
 * Conditions under which a unit leaves a tool alone for a while: of its last `of` calls (once there are half as many)
 * the part `failing` or more failed, or five in a row got no answer. Then it waits `wait` ms, tries one call, and
 * doubles the wait when that fails too.
 */
export const Breaker = z.strictObject({
  failing: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .meta({
      description: 'Share of the last calls that must fail for the breaker to open: above 0, at most 1.',
      examples: [0.5],
    }),
  of: z
    .number()
    .int()
    .min(2)
    .max(1000)
    .default(20)
    .meta({ description: 'Number of last calls that are looked at, 2 to 1000.', examples: [20] }),
  wait: Duration.default(5000).meta({
    description:
      'Time until the first call is tried again, as a duration; it doubles each time that call fails too. Default 5 s.',
    examples: ['5s'],
  }),
});
export type Breaker = z.infer<typeof Breaker>;

/** A primary activity of System 1. Patterns are AMQP topic patterns over event types. */
export const Unit = z.strictObject({
  absorbs: oneOrMore(Pattern)
    .optional()
    .meta({
      description:
        'Events of this unit beyond those that its responses name, as AMQP topic patterns over event types; those without a response wait here. Absent: none.',
      examples: ['file.#', ['order.*', 'refund.#']],
    }),
  responses: z
    .record(Pattern, Response)
    .default({})
    .meta({
      description:
        'Answers by event type or pattern: noted (answered without a tool), wanted (wait, and look for a tool), or a call.',
      examples: [{ 'file.ok': 'noted', 'file.md': { call: 'memory.create_entities' } }],
    }),
  silence: z
    .record(z.string().refine(isKey, 'an event type'), Duration)
    .optional()
    .meta({
      description:
        'The longest time without an event of a type before it hurts, by type, as durations. Absent: silence never hurts.',
      examples: [{ 'file.ok': '10s' }],
    }),
  needs: z
    .record(z.string(), z.number().positive())
    .optional()
    .meta({
      description:
        'How much of each counted resource of pool.counted one operation takes while it runs. Absent: nothing.',
      examples: [{ licences: 1 }],
    }),
  sheds: Priority.optional().meta({
    description:
      'Priority (0 to 9) below which System 3 may have events let go while the unit cannot cope. Absent: none are.',
    examples: [3],
  }),
  weight: z
    .number()
    .positive()
    .default(1)
    .meta({
      description: 'Share of the operations at the same time against the other units; a number above 0.',
      examples: [2],
    }),
  minimum: z
    .number()
    .int()
    .min(0)
    .default(0)
    .meta({ description: 'Operations at the same time that the unit always gets; a whole number.', examples: [4] }),
  cap: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({
      description: 'Operations at the same time that the unit never exceeds. Absent: all that there are.',
      examples: [50],
    }),
  system: UnitSystem.optional().meta({
    description:
      'The fleet that is this unit: a file, or the path of one that runs elsewhere. What the unit absorbs goes down to it. Absent: the unit answers by itself.',
    examples: ['./west.yaml', { path: 'vsm.west', broker: { from: 'WEST_AMQP_URL' } }],
  }),
  wait: Duration.optional().meta({
    description:
      'With system: the time that an event may wait down there before it counts as a gap here and hurts, as a duration. Absent: 10 min.',
    examples: ['10m'],
  }),
  gateway: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .meta({
      description: 'With a system of a file: the TCP port of its REST, MCP and dashboard. Absent: it has none.',
      examples: [4011],
    }),
  queue: z
    .number()
    .int()
    .positive()
    .optional()
    .meta({
      description:
        'Events that may wait for a slot of the unit; beyond that the least important are shed. Absent: any number.',
      examples: [1000],
    }),
  breaker: z
    .union([z.literal('off'), Breaker])
    .optional()
    .meta({
      description:
        'When the unit leaves a tool alone that fails; off: never. Absent: { failing: 0.5, of: 20, wait: 5s }.',
      examples: ['off', { failing: 0.5, of: 20, wait: '5s' }],
    }),
  deadline: Duration.optional().meta({
    description:
      'Time that a call may take where its response does not say, as a duration. Absent: settings.operation_deadline.',
    examples: ['30s'],
  }),
  retries: z
    .number()
    .int()
    .min(0)
    .max(10)
    .optional()
    .meta({
      description:
        'Times that a failed call is made again where that is safe and its response does not say, 0 to 10. Absent: 3.',
      examples: [3],
    }),
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
