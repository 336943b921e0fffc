import { existsSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { VsmError, word } from '@vsmcp/vsm';
import { z } from 'zod';
import { ENVIRONMENTS, type Environment, variableOf } from '../config/environment.js';
import { nearest } from '../config/nearest.js';
import { Settings } from '../config/schema.js';
import { SECRETS, withSecrets } from '../config/secrets.js';
import { LOG_LEVELS } from '../log.js';

const Port = z.coerce
  .number('a port, 0 to 65535')
  .int('a port, 0 to 65535')
  .min(0, 'a port, 0 to 65535')
  .max(65_535, 'a port, 0 to 65535');
const Flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', '1', '0', 'yes', 'no', 'on', 'off'], 'true or false'))
  .transform((text) => ['true', '1', 'yes', 'on'].includes(text));
const url = (example: string, protocols: readonly string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), `a URL such as ${example}`);

const collector = url('http://localhost:4318', ['http:', 'https:']);

/** The secrets of a cookie, by comma or line. */
export function secretsOf(cookie: string): string[] {
  return cookie.split(/[,\n]/).flatMap((secret) => secret.trim() || []);
}

/** The settings that a process has from its environment; the fleet's own (settingsIn) come on top. */
const Variables = z.object({
  /** Tells this machine's or pod's instances from others; host name and process id where it is not set. */
  VSMCP_NODE_NAME: z
    .string()
    .regex(/[a-z0-9]/i, 'a name with letters or digits of a-z 0-9')
    .optional(),
  /** Secrets of the fleet that its members sign with, by comma or line: the first signs, all verify. */
  VSMCP_COOKIE: z
    .string()
    .transform(secretsOf)
    .refine((secrets) => secrets.length > 0, 'a secret, or two by comma')
    .default([]),
  /** prod: the limits of a production fleet stand where vsmcp.yaml does not say, see config/environment.ts. */
  VSMCP_ENV: z.enum(ENVIRONMENTS, ENVIRONMENTS.join(' or ')).default('dev'),
  VSMCP_LOG_LEVEL: z.enum(LOG_LEVELS, LOG_LEVELS.join(', ')).default('info'),
  VSMCP_MCP_PORT: Port.default(4010),
  VSMCP_AMQP_ENABLED: Flag.optional(),
  VSMCP_AMQP_URL: url('amqp://user:password@host:5672', ['amqp:', 'amqps:']).optional(),
  /** False where this process may not declare exchanges and queues: `vsmcp topology apply` has done it. */
  VSMCP_AMQP_DECLARE: Flag.default(true),
  VSMCP_AMQP_POOL_SIZE: z.coerce.number('1 to 100').int('1 to 100').min(1, '1 to 100').max(100, '1 to 100').default(10),
  /** Of /health, /ready and /metrics. */
  VSMCP_METRICS_PORT: Port.default(9568),
  VSMCP_METRICS_HOST: z.string().default('127.0.0.1'),
  VSMCP_TELEMETRY_ENABLED: Flag.default(true),
  /** Where spans go, as OpenTelemetry names it; none of the two: no spans. */
  OTEL_EXPORTER_OTLP_ENDPOINT: collector.optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector.optional(),
  VSMCP_DATABASE_URL: url('postgres://user:password@host:5432/name', ['postgres:', 'postgresql:']).optional(),
  /** The fleet's folder: relative paths start there. */
  VSMCP_HOME: z.string().optional(),
  VSMCP_CONFIG: z.string().optional(),
  VSMCP_DATA_DIR: z.string().optional(),
});

/** Variables that are read elsewhere: by the gateway, by `vsmcp`, and by who brings secrets as files. */
const OTHERS = ['VSMCP_HTTP_HOST', 'VSMCP_HTTP_NAMES', 'VSMCP_MANAGEMENT_URL', 'VSMCP_URL', 'VSMCP_TOKEN'];

/** All variables that are read. */
export function knownVariables(): string[] {
  const settings = Object.keys(Settings.shape).map(variableOf);
  return [...Object.keys(Variables.shape), ...OTHERS, ...settings, ...SECRETS.map((name) => `${name}_FILE`)];
}

/**
 * Variables of the environment that begin as ours do and are none, each with what was perhaps meant: one that is
 * misspelt would otherwise be passed over in silence. Those of tests are left alone, and those that `taken` names,
 * which servers or units are given.
 */
export function unknownVariables(env: Environment, taken: readonly string[] = []): string[] {
  const own = knownVariables();
  return Object.keys(env).flatMap((name) => {
    if (!/^VSMCP_/.test(name) || /^VSMCP_TEST_/.test(name) || own.includes(name) || taken.includes(name)) return [];
    const meant = nearest(name, own);
    return [`${name} is not a variable of VSMCP${meant === undefined ? '' : `; did you mean ${meant}?`}`];
  });
}

export interface Runtime {
  node: string;
  /** The secrets that members sign with, the first one's own; none: nothing is signed. */
  cookie: readonly string[];
  logLevel: (typeof LOG_LEVELS)[number];
  mcpPort: number;
  /** The broker's URL; undefined: messages travel in memory. */
  amqpUrl: string | undefined;
  /** Declare what is missing on the broker. */
  amqpDeclare: boolean;
  amqpPoolSize: number;
  metrics: { host: string; port: number };
  /** True when metrics are served. */
  telemetry: boolean;
  /** True when spans are exported: telemetry is on, and there is a collector. */
  traces: boolean;
  databaseUrl: string | undefined;
  home: string;
  /** vsmcp.yaml; undefined where there is none and none was named. */
  configFile: string | undefined;
  dataDir: string;
}

/** The configuration in a folder that VSMCP_CONFIG names, as a container has it mounted. */
function fileIn(path: string): string {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ? join(path, 'vsmcp.yaml') : path;
}

/**
 * @param cwd where a relative VSMCP_HOME and VSMCP_CONFIG start
 * @throws VSM_CONFIG naming every variable that is wrong, what was got and what was expected
 */
export function readRuntime(env: Environment, cwd: string): Runtime {
  const given = withSecrets(Object.fromEntries(Object.entries(env).filter(([, text]) => text?.trim())));
  const read = Variables.safeParse(given);
  if (!read.success) {
    const problems = read.error.issues.map(({ path, message }) => {
      const name = String(path[0]);
      const got = /_(URL|ENDPOINT|COOKIE)$/.test(name) ? 'something else' : `'${env[name]}'`; // it may hold a password
      return `${name}: got ${got}, expected ${message}`;
    });
    throw new VsmError('VSM_CONFIG', problems.join('\n'));
  }
  const v = read.data;
  if (v.VSMCP_AMQP_ENABLED === true && v.VSMCP_AMQP_URL === undefined) {
    throw new VsmError(
      'VSM_CONFIG',
      'VSMCP_AMQP_ENABLED is true: set VSMCP_AMQP_URL too, such as amqp://localhost:5672',
    );
  }
  const endpoint = v.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? v.OTEL_EXPORTER_OTLP_ENDPOINT;
  const named = v.VSMCP_CONFIG === undefined ? undefined : fileIn(resolve(cwd, v.VSMCP_CONFIG));
  const home = resolve(cwd, v.VSMCP_HOME ?? (named === undefined ? '.' : dirname(named)));
  const usual = join(home, 'vsmcp.yaml');
  return {
    node: word(v.VSMCP_NODE_NAME ?? `${hostname()}-${process.pid}`),
    cookie: v.VSMCP_COOKIE,
    logLevel: v.VSMCP_LOG_LEVEL,
    mcpPort: v.VSMCP_MCP_PORT,
    amqpUrl: v.VSMCP_AMQP_ENABLED === false ? undefined : v.VSMCP_AMQP_URL,
    amqpDeclare: v.VSMCP_AMQP_DECLARE,
    amqpPoolSize: v.VSMCP_AMQP_POOL_SIZE,
    metrics: { host: v.VSMCP_METRICS_HOST, port: v.VSMCP_METRICS_PORT },
    telemetry: v.VSMCP_TELEMETRY_ENABLED,
    traces: v.VSMCP_TELEMETRY_ENABLED && endpoint !== undefined,
    databaseUrl: v.VSMCP_DATABASE_URL,
    home,
    configFile: named ?? (existsSync(usual) ? usual : undefined),
    dataDir: resolve(home, v.VSMCP_DATA_DIR ?? '.vsmcp'),
  };
}
