export { amqpConnect } from './chassis/connect.js';
export {
  type ConnectMember,
  type ContextOptions,
  instanceName,
  type OpenContext,
  openContext,
  VERSION,
} from './chassis/context.js';
export type { Readiness } from './chassis/presence.js';
export { runService } from './chassis/run.js';
export { knownVariables, type Runtime, readRuntime, secretsOf, unknownVariables } from './chassis/runtime.js';
export { type ManualClock, manualClock, pause, realClock } from './clock.js';
export { patternsOf, tie, unknownServers } from './config/consistency.js';
export type { Environment } from './config/environment.js';
export { configJsonSchema, configJsonSchemaText } from './config/json-schema.js';
export {
  type CheckedConfig,
  type ConfigProblem,
  checkConfig,
  loadConfig,
  parseConfig,
  problemText,
} from './config/load.js';
export type { Problem } from './config/problems.js';
export * from './config/schema.js';
export { withSecrets } from './config/secrets.js';
export { specOfServer } from './config/servers.js';
export * from './consumers.js';
export * from './database/database.js';
export { type Embedded, openEmbedded } from './database/embedded.js';
export type { DatabaseTrouble } from './database/failure.js';
export { holderOfFolder } from './database/lock.js';
export { schemaVersion } from './database/migrations.js';
export { openPostgres, type PostgresOptions } from './database/postgres.js';
export { type ServedDatabase, serveEmbedded } from './database/serve.js';
export { gather } from './gather.js';
export { type HealthOptions, type HealthServer, openHealth } from './health/server.js';
export { hashOf, type Verified, verifyJournal } from './journal/chain.js';
export {
  type Change,
  type EventSourced,
  type EventSourcedOptions,
  eventSourced,
  type Tell,
} from './journal/event-sourced.js';
export * from './journal/journal.js';
export { type Restored, replay } from './journal/replay.js';
export * from './leadership/leadership.js';
export { type LeadershipOptions, type OpenLeaderships, openLeaderships } from './leadership/open.js';
export * from './ledger/ledger.js';
export * from './log.js';
export { type Evidence, evidenceOf } from './messages/evidence.js';
export { type Exposition, expose, Family, labelled, merge, OPENMETRICS, PROMETHEUS } from './metrics/families.js';
export * from './metrics/metrics.js';
export * from './pain/pain.js';
export * from './rows/rows.js';
export * from './service.js';
export { openState, type State } from './state.js';
export { everyWhenIdle } from './tasks/every-when-idle.js';
export { KeyedSerial } from './tasks/keyed-serial.js';
export { type Serial, serial } from './tasks/serial.js';
export { inEventSpan, inWaitingSpan, traceOfEvent } from './telemetry/event-span.js';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './telemetry/sdk.js';
export { currentTrace, failSpan, inSpan, type Spanning, type SpanOptions } from './telemetry/spans.js';
export type { Trace } from './trace.js';
export { changedUnit, markOf, reconcileUnits } from './units.js';
