import { reasonOf, VsmError } from '@vsmcp/vsm';
import { realClock } from '../clock.js';
import { loadConfig } from '../config/load.js';
import { openPostgres } from '../database/postgres.js';
import { openHealth } from '../health/server.js';
import { type Log, openLog } from '../log.js';
import { openMetrics } from '../metrics/metrics.js';
import type { Service } from '../service.js';
import { openStateWhenReached } from '../state.js';
import { FLUSH, startTelemetry } from '../telemetry/sdk.js';
import { amqpConnect } from './connect.js';
import { instanceName, openContext, VERSION } from './context.js';
import type { Readiness } from './presence.js';
import { type Runtime, readRuntime } from './runtime.js';

/** Undoes one thing that was opened. */
type Close = () => Promise<void>;

/**
 * Runs one service as a process of its own, until SIGTERM or SIGINT: then it drains within `settings.drain` and the
 * process ends with 0. What nobody handled is logged and ends it with 1; so does a setting that is wrong, and a second
 * signal.
 */
export async function runService(service: Service): Promise<void> {
  const log = openLog('info', { system: service.system });
  const die = (error: unknown) => fail(log, error);
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  const stopping = new AbortController();
  try {
    await run(service, stopping);
  } catch (error) {
    if (!stopping.signal.aborted) die(error);
  }
}

async function run(service: Service, stopping: AbortController): Promise<void> {
  const { system } = service;
  const runtime = readRuntime(process.env, process.cwd());
  const { amqpUrl, databaseUrl } = required(runtime);
  const config = await loadConfig(runtime.configFile, process.env);
  const instance = instanceName(system, runtime.node);
  const log = openLog(runtime.logLevel);
  const own = log.child({ system, instance });
  if (runtime.configFile === undefined)
    own.warn({ home: runtime.home }, 'there is no vsmcp.yaml: a fleet without units');

  const closes: Close[] = [];
  stopOnSignal(own, config.settings.drain, stopping, closes);

  const { traces } = runtime;
  const about = { service: `vsmcp-${system}`, namespace: config.path, instance, version: VERSION };
  const telemetry = await startTelemetry({ traces, ...about, log: own });
  closes.push(() => telemetry.stop());

  const metrics = openMetrics();
  let readiness = (): Readiness => ({ ready: false, trouble: { start: 'it waits for the database' } });
  const shown = { services: () => ({ [system]: readiness() }), ...(runtime.telemetry && { metrics }) };
  const health = await openHealth({ ...runtime.metrics, ...shown });
  closes.push(() => health.close());
  // Whoever supervises several processes shows them as one.
  process.send?.({ health: health.url });

  const database = openPostgres(databaseUrl, { log: own });
  closes.push(() => database.close());
  const state = await openStateWhenReached(database, config.path, realClock, own, stopping.signal);

  const connectMember = amqpConnect(amqpUrl, { config, runtime });
  const bus = await connectMember({ path: config.path, party: system, instance, log: own }, undefined);
  closes.push(() => bus.close());
  const { home, dataDir } = runtime;
  const open = openContext({ system, instance, config, home, dataDir, bus, state, log, metrics, connectMember });
  closes.push(() => open.stop(config.settings.drain));
  readiness = () => open.readiness();
  await open.start(service);
  own.info({ health: health.url }, 'runs');
}

/** A service alone has nobody to share memory with. */
function required({ amqpUrl, databaseUrl }: Runtime): { amqpUrl: string; databaseUrl: string } {
  const whole = 'or run the whole fleet in one process with `vsmcp up`';
  if (amqpUrl === undefined) {
    throw new VsmError('VSM_CONFIG', `a service alone needs a broker: set VSMCP_AMQP_URL (amqp://host:5672), ${whole}`);
  }
  if (databaseUrl === undefined) {
    throw new VsmError(
      'VSM_CONFIG',
      `a service alone needs a database that the others share: set VSMCP_DATABASE_URL (postgres://host:5432/vsmcp), ${whole}`,
    );
  }
  return { amqpUrl, databaseUrl };
}

/** The last opened is closed first; all of it must be done in time. */
function stopOnSignal(log: Log, drain: number, stopping: AbortController, closes: Close[]): void {
  const stop = async (signal: string) => {
    if (stopping.signal.aborted) return fail(log, new Error(`${signal} again: ends without draining`));
    stopping.abort();
    log.info({ signal, drain }, 'drains and stops');
    setTimeout(
      () => fail(log, new Error(`not drained within ${drain} ms; what was in flight comes again`)),
      drain + FLUSH + 1000,
    );
    for (const close of closes.reverse()) await close();
    log.info({}, 'stopped');
    process.exit(0);
  };
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => void stop(signal).catch((error: unknown) => fail(log, error)));
  }
}

function fail(log: Log, error: unknown): never {
  if (error instanceof VsmError && error.code === 'VSM_CONFIG') log.error({ code: error.code }, error.message);
  else log.error({ error }, reasonOf(error));
  process.exit(1);
}
