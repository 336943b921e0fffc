import type { Clock } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import { backOf } from './back.js';
import { claimingWrites, settlingWrites } from './batches.js';
import type { Ledger } from './ledger.js';
import { readsOf } from './reads.js';

/** Opens the ledger on a database whose schema is up to date. Times are the clock's. */
export function openLedger(database: Database, clock: Clock): Ledger {
  const { claim, intend, descend, recall } = claimingWrites(database, clock);
  const { settle, settleNew, release, said } = settlingWrites(database, clock);
  return {
    ...readsOf(database),
    ...backOf(database, clock),
    claim,
    intend: (key, attempt, deadline) => intend({ ...key, attempt, deadline }),
    descend: (key, attempt, deadline, event) => descend({ ...key, attempt, deadline, event }),
    recall: (key, outcome, holder, deadline) => recall({ ...key, outcome, holder, deadline }),
    settleNew,
    settle,
    async release(key, attempt) {
      await release({ ...key, attempt });
    },
    async said(key, attempt) {
      await said({ ...key, attempt });
    },
  };
}
