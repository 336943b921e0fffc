import { isIP } from 'node:net';
import { Agent, Duration, Grants, HostGrant, isKey, Rate, ServerValue, Unit, UnitName, Window } from '@vsmcp/vsm';
import { z } from 'zod';

const folder = z.string().min(1);
const strings = z.union([z.string(), z.array(z.string())]).transform((v) => (Array.isArray(v) ? v : [v]));

/** `512MiB`, `1.5GiB`, or a number of bytes; parsed to bytes. */
const Bytes = z
  .union([z.number().int().positive(), z.string().regex(/^\d+(\.\d+)?(KiB|MiB|GiB)$/, 'a size such as 512MiB or 1GiB')])
  .transform((value) => {
    if (typeof value === 'number') return value;
    const power = ['KiB', 'MiB', 'GiB'].indexOf(value.slice(-3)) + 1;
    return Math.round(Number(value.slice(0, -3)) * 1024 ** power);
  });

const FolderSense = z.strictObject({
  folder,
  /** First word of the event types: `file` gives `file.<ext>`. With `stale` or `keep`: `<as>.stale`, `<as>.missing`. */
  as: z.string().refine(isKey, 'an event type').default('file'),
  stale: Duration.optional(),
  keep: z.array(z.string()).optional(),
});
const HostSense = z.strictObject({ host: Duration });
const GitSense = z.strictObject({ git: folder });

/** Either `npm` (run here, confined) or `url` (reached, confined by nobody here): see servers.ts. */
const Server = z.strictObject({
  npm: z.string().optional(),
  /** https://…, wss://… or tcp://host:port, where the server runs already. */
  url: z.string().optional(),
  /** With `url`. A secret by `{ from: ENV_NAME }`. */
  headers: z.record(z.string(), ServerValue).default({}),
  /** Text, or `from`: the variable in System 1's environment that has it, for what is secret. */
  args: z.array(ServerValue).default([]),
  env: z.record(z.string(), ServerValue).default({}),
  /** Folders it may write, beside its own. */
  writes: strings.default([]),
  reads: strings.default([]),
  runs: strings.default([]),
  /** Hosts it may reach: `api.example.org` (ports 443 and 80), `*.example.org`, `example.org:8080`. */
  hosts: z
    .union([HostGrant, z.array(HostGrant)])
    .transform((v) => (Array.isArray(v) ? v : [v]))
    .default([]),
  /** All of this machine's network, with what listens on loopback. `hosts` is less. */
  network: Grants.shape.network,
  parallel: z.boolean().default(false),
  /** At most so many calls in any such time, by all units together: `60/m`, `5/10s`. System 2 deals them out. */
  rate: Rate.optional(),
  /** When it may be called; outside of these windows what needs it waits. Absent: always. */
  open: Window.array().min(1).optional(),
});

const Acquire = z.strictObject({
  /** Globs over registry names; nothing else is even fetched. A `deny` match wins. */
  from: z.array(z.string()).default([]),
  deny: z.array(z.string()).default([]),
  /** What policy allows by itself: `contained` (no network, writes only its own folder), `nothing`. */
  allow: z.enum(['contained', 'nothing']).default('nothing'),
  /** Whether a person is asked about the rest, and how long before silence means no. */
  ask: z.enum(['otherwise', 'never']).default('never'),
  wait: Duration.default(600_000),
  /** The weakest confinement that still counts as contained. */
  confinement: z.enum(['bubblewrap', 'namespace', 'permission']).default('namespace'),
  /** A package whose `mcpName` is absent: refused, asked about, or let be. One that names another server is refused but for `ignore`. */
  ownership: z.enum(['required', 'ask', 'ignore']).default('ask'),
});

/** `10.0.0.0/8`, `fd00::/8`, an address, or a host's name. */
const Place = z.string().refine(isPlace, 'a range such as 10.0.0.0/8, an address, or the name of a host');

function isPlace(text: string): boolean {
  const [, address = '', length] = /^(.*?)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (length !== undefined) return version !== 0 && Number(length) <= (version === 4 ? 32 : 128);
  return version !== 0 || /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/i.test(text);
}

const Rule = z.strictObject({
  name: UnitName,
  because: z.string().min(1),
  /** The scope and condition of a Cedar `forbid`: `action == Action::"acquire" && …`. */
  cedar: z.string().min(1),
});

/** Operating limits; every one can be set by environment too, see settings.ts. Times in ms. */
export const Settings = z.strictObject({
  variety_check_interval: Duration.default(60_000),
  variety_threshold: z.number().min(0).max(1).default(0.8),
  recursion_depth: z.number().int().min(1).max(10).default(3),
  mcp_discovery_interval: Duration.default(300_000),
  mcp_capability_cache_ttl: Duration.default(3_600_000),
  amqp_prefetch_count: z.number().int().min(1).max(65_535).default(50),
  amqp_heartbeat: Duration.default(30_000),
  max_concurrent_operations: z.number().int().min(1).max(100_000).default(1000),
  coordination_timeout: Duration.default(5000),
  decision_timeout: Duration.default(10_000),
  allowed_mcp_servers: z.array(z.string()).default([]),
  enable_audit_log: z.boolean().default(true),
  audit_retention_days: z.number().int().min(1).default(90),
  max_event_bytes: z.number().int().min(1024).default(1_048_576),
  /** A call's deadline where its response does not say, and how long a repeated event is known as such. */
  operation_deadline: Duration.default(30_000),
  /** How long a server may take from the start of its process until it has said what it offers. */
  start_deadline: Duration.default(60_000),
  /** What each server may have in its own folder; past it, it is ended, and not started until there is less. */
  server_disk: Bytes.default(2 ** 30),
  dedupe: Duration.default(86_400_000),
  drain: Duration.default(20_000),
});
export type Settings = z.infer<typeof Settings>;

/** vsmcp.yaml */
export const FleetConfig = z.strictObject({
  name: UnitName.default('vsm'),
  purpose: z.string().default(''),
  /** Prefix of all exchanges and queues; a nested fleet has a longer one. */
  path: z.string().refine(isKey, 'dot-separated words of a-z 0-9 _ -').default('vsm'),
  environment: z
    .strictObject({
      senses: z.array(z.union([FolderSense, HostSense, GitSense])).default([]),
      answers: z.array(z.strictObject({ folder })).default([]),
    })
    .prefault({}),
  servers: z.record(UnitName, Server).default({}),
  /** Registries of MCP servers: `shipped`, a file in the official format, or the base URL of a registry with `/v0.1`. */
  registries: z.array(z.string()).default(['shipped']),
  units: z.record(UnitName, Unit).default({}),
  /** What the units share, beside the operations at the same time that the replicas can run. */
  pool: z
    .strictObject({
      /** Operations that may begin in a second, all units together. Absent: any number. */
      rate: z.number().positive().optional(),
      /** What else there is only so many of at the same time, by name; units say in `needs` what an operation takes. */
      counted: z.record(UnitName, z.number().positive()).default({}),
    })
    .prefault({}),
  policy: z
    .strictObject({
      acquire: Acquire.prefault({}),
      forbid: z.array(Rule).default([]),
      /** What matters more, or less: unit → factor on its weight in System 3's bargain. */
      priority: z.record(UnitName, z.number().positive()).default({}),
      /** Places inside where a server with a `url`, and `hosts` of servers, may be; else only public addresses are dialled. */
      private: z.array(Place).default([]),
      /** Units by whose purpose comes first where they undo each other; of those that are not listed nobody yields. */
      first: z.array(UnitName).default([]),
    })
    .prefault({}),
  pain: z.strictObject({ tell: z.array(z.string()).default([]), climb: Duration.default(30_000) }).prefault({}),
  gateway: z
    .strictObject({
      /** Who may have what done over MCP, by name. `anyone` is who has no token; the others have one each. */
      agents: z.record(UnitName, Agent).default({}),
    })
    .prefault({}),
  settings: Settings.prefault({}),
  /** A day to play on the environment: a file of steps. Only `vsmcp up` in one process reads it. */
  demo: z.string().optional(),
});
export type FleetConfig = z.infer<typeof FleetConfig>;
/** As it is written, before defaults. */
export type FleetConfigInput = z.input<typeof FleetConfig>;
