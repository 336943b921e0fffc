import { Duration } from '@vsmcp/vsm';
import { z } from 'zod';

/** `512MiB`, `1.5GiB`, or a number of bytes; parsed to bytes. */
const Bytes = z
  .union([z.number().int().positive(), z.string().regex(/^\d+(\.\d+)?(KiB|MiB|GiB)$/, 'a size such as 512MiB or 1GiB')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const power = ['KiB', 'MiB', 'GiB'].indexOf(value.slice(-3)) + 1;
    return Math.round(Number(value.slice(0, -3)) * 1024 ** power);
  });

/** A duration with a default. @param ms the default */
const time = (ms: number, description: string, example: string) =>
  Duration.default(ms).meta({ description, examples: [example] });
/** A whole number with bounds and a default. */
const whole = (least: number, most: number, usual: number, description: string) =>
  z
    .number()
    .int()
    .min(least)
    .max(most)
    .default(usual)
    .meta({ description, examples: [usual] });

/** Operating limits; every one can be set by environment too, see environment.ts. Times in ms. */
export const Settings = z.strictObject({
  variety_check_interval: time(
    60_000,
    'Period at which System 4 looks for gaps, as a duration; variety is reported over five of them. Default 1 min.',
    '1m',
  ),
  variety_threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.8)
    .meta({
      description: 'Share of events that must be answered for the fleet to count as viable, 0 to 1.',
      examples: [0.8],
    }),
  recursion_depth: whole(1, 10, 3, 'Levels of fleets within fleets, this one included, 1 to 10.'),
  mcp_discovery_interval: time(
    300_000,
    'Period at which registries are read anew and failed acquisitions tried again, as a duration. Default 5 min.',
    '5m',
  ),
  mcp_capability_cache_ttl: time(
    3_600_000,
    'Time for which the result of a probe of a server counts, as a duration. Default 1 h.',
    '1h',
  ),
  amqp_prefetch_count: whole(
    1,
    65_535,
    50,
    'Messages that a replica of System 1 takes from the broker beyond max_concurrent_operations, 1 to 65,535.',
  ),
  amqp_heartbeat: time(30_000, 'Heartbeat of AMQP connections, as a duration of 5 s or more. Default 30 s.', '30s'),
  max_concurrent_operations: whole(
    1,
    100_000,
    1000,
    'Operations that one replica of System 1 runs at the same time, 1 to 100,000.',
  ),
  coordination_timeout: time(
    5000,
    'Time that System 1 waits for an answer of System 2 before it asks again, as a duration. Default 5 s.',
    '5s',
  ),
  decision_timeout: time(
    10_000,
    'Time that System 5 has to answer a proposal or a petition, as a duration. Default 10 s.',
    '10s',
  ),
  allowed_mcp_servers: z
    .array(z.string())
    .default([])
    .meta({
      description: 'Globs over names of servers and packages; where there are any, only these are acquired.',
      examples: [['io.github.acme/*']],
    }),
  enable_audit_log: z
    .boolean()
    .default(true)
    .meta({ description: 'Audit of every MCP operation. Read, and not used by this version.' }),
  audit_retention_days: z
    .number()
    .int()
    .min(1)
    .default(90)
    .meta({
      description: 'Days for which the audit is kept, at least 1. Read, and not used by this version.',
      examples: [90],
    }),
  max_event_bytes: z
    .number()
    .int()
    .min(1024)
    .default(1_048_576)
    .meta({ description: 'Largest event, or batch of events, in bytes; at least 1024.', examples: [1_048_576] }),
  operation_deadline: time(
    30_000,
    'Time that a call may take where neither response nor unit says one, as a duration. Default 30 s.',
    '30s',
  ),
  start_deadline: time(
    60_000,
    "Time from the start of a server's process until it has said what it offers, as a duration. Default 1 min.",
    '1m',
  ),
  server_disk: Bytes.default(2 ** 30).meta({
    description:
      'What each server may have in its own folder, in bytes or as a size; past it, it is ended, and not started until there is less. Default 1 GiB.',
    examples: ['1GiB', '512MiB'],
  }),
  dedupe: time(86_400_000, 'Time for which a repeated event is known as such, as a duration. Default 1 day.', '1d'),
  drain: time(
    20_000,
    'Time that a stopping process has to finish what is in flight, as a duration. Default 20 s.',
    '20s',
  ),
});
export type Settings = z.infer<typeof Settings>;
