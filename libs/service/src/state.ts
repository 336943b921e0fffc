import { setTimeout as wait } from 'node:timers/promises';
import { Capability, type Clock, reasonOf, UnitRow, VsmError } from '@vsmcp/vsm';
import type { Database } from './database/database.js';
import { migrate } from './database/migrate.js';
import type { Journal } from './journal/journal.js';
import { openJournal } from './journal/open.js';
import type { Ledger } from './ledger/ledger.js';
import { openLedger } from './ledger/open.js';
import type { Log } from './log.js';
import { openPainRows } from './pain/open.js';
import type { PainRows } from './pain/pain.js';
import { openRows } from './rows/open.js';
import type { Rows } from './rows/rows.js';

/**
 * The state that the database holds for a fleet; services of one process share it, so that their writes share
 * statements too.
 */
export interface State {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly journal: Journal;
  readonly capabilities: Rows<Capability>;
  readonly units: Rows<UnitRow>;
  readonly pain: PainRows;
}

/**
 * Brings the schema up to date and opens everything on it.
 * @param path the fleet's path
 */
export async function openState(database: Database, path: string, clock: Clock): Promise<State> {
  await migrate(database, path);
  return {
    database,
    ledger: openLedger(database, clock),
    journal: openJournal(database, clock),
    capabilities: openRows(database, 'capability', Capability),
    units: openRows(database, 'unit', UnitRow),
    pain: openPainRows(database, clock),
  };
}

/** ms */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;

/**
 * The same, but waits for a database that is not there yet. What is wrong with the settings rejects at once, as does
 * `signal`.
 */
export async function openStateWhenReached(
  database: Database,
  path: string,
  clock: Clock,
  log: Log,
  signal: AbortSignal,
): Promise<State> {
  for (let pause = FIRST_WAIT; ; pause = Math.min(LONGEST_WAIT, pause * 2)) {
    try {
      return await openState(database, path, clock);
    } catch (error) {
      if (signal.aborted || (error instanceof VsmError && error.code === 'VSM_CONFIG')) throw error;
      log.warn({ again: pause }, `waits for the database: ${reasonOf(error)}`);
      await wait(pause, undefined, { signal });
    }
  }
}
