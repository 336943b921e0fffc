export {
  type ContextOptions,
  instanceName,
  type OpenContext,
  openContext,
} from './chassis/context.js';
export type { Readiness } from './chassis/presence.js';
export { runService } from './chassis/run.js';
export { type Runtime, readRuntime } from './chassis/runtime.js';
export { type ManualClock, manualClock, realClock } from './clock.js';
export type { Environment } from './config/environment.js';
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
export * from './consumers.js';
export { type Embedded, openEmbedded } from './database/embedded.js';
export { openPostgres, type PostgresOptions } from './database/postgres.js';
export { type ServedDatabase, serveEmbedded } from './database/serve.js';
export * from './database.js';
export { type HealthOptions, type HealthServer, openHealth } from './health/server.js';
export { hashOf, type Verified, verifyJournal } from './journal/chain.js';
export * from './journal.js';
export { type LeadershipOptions, type OpenLeaderships, openLeaderships } from './leadership/open.js';
export * from './leadership.js';
export * from './ledger/ledger.js';
export * from './log.js';
export * from './metrics.js';
export * from './pain.js';
export * from './rows.js';
export * from './service.js';
export { openState, type State } from './state.js';
