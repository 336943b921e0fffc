/** The step that this release brings a database to. */
export const schemaVersion = (): number => Math.max(...MIGRATIONS.map(({ version }) => version));

/**
 * The schema, step by step. A step is never changed once released and only adds, so that a newer and an older release
 * can run beside each other during a rolling update. Each statement can be repeated, because there are no transactions.
 */
export const MIGRATIONS: readonly { version: number; statements: readonly string[] }[] = [
  {
    version: 1,
    statements: [
      // key: SHA-256 over (source, id). state: claimed, called, given (back), settled; a settled row with a held
      // outcome waits.
      `CREATE TABLE IF NOT EXISTS vsmcp_ledger (
         seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         key text NOT NULL UNIQUE,
         source text NOT NULL, id text NOT NULL, unit text NOT NULL, type text NOT NULL,
         state text NOT NULL,
         outcome text,
         cause text, because text,
         record text,
         event text,
         replayable boolean NOT NULL DEFAULT false,
         holder text NOT NULL, deadline bigint NOT NULL, attempt integer NOT NULL,
         arrived bigint NOT NULL, changed bigint NOT NULL)`,
      `CREATE INDEX IF NOT EXISTS vsmcp_ledger_held ON vsmcp_ledger (outcome, type, seq)
         WHERE state = 'settled' AND outcome IN ('parked', 'dead', 'doubt', 'asked')`,
      `CREATE INDEX IF NOT EXISTS vsmcp_ledger_claimed_back ON vsmcp_ledger (deadline)
         WHERE replayable AND state IN ('claimed', 'called')`,
      // The number of rows forgotten, so that the account still balances.
      `CREATE TABLE IF NOT EXISTS vsmcp_ledger_forgotten (outcome text PRIMARY KEY, events bigint NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS vsmcp_journal (
         position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
         system text NOT NULL, epoch bigint NOT NULL, seq bigint NOT NULL,
         type text NOT NULL, at bigint NOT NULL, cause text, data text NOT NULL, hash text NOT NULL,
         UNIQUE (system, epoch, seq))`,
      `CREATE INDEX IF NOT EXISTS vsmcp_journal_type ON vsmcp_journal (type, position)`,
      `CREATE TABLE IF NOT EXISTS vsmcp_lease (
         name text PRIMARY KEY, holder text NOT NULL, epoch bigint NOT NULL, expires timestamptz NOT NULL)`,
      `CREATE TABLE IF NOT EXISTS vsmcp_row (
         kind text NOT NULL, name text NOT NULL, version bigint NOT NULL, body text NOT NULL, PRIMARY KEY (kind, name))`,
      `CREATE TABLE IF NOT EXISTS vsmcp_row_version (kind text PRIMARY KEY, version bigint NOT NULL)`,
    ],
  },
  {
    version: 2,
    statements: [
      // Outcomes that are written and not yet said, of events behind which no message stands.
      `ALTER TABLE vsmcp_ledger ADD COLUMN IF NOT EXISTS unsaid boolean NOT NULL DEFAULT false`,
      `CREATE INDEX IF NOT EXISTS vsmcp_ledger_unsaid ON vsmcp_ledger (changed) WHERE unsaid`,
    ],
  },
  {
    version: 3,
    statements: [
      // Pain that the broker could not take.
      `CREATE TABLE IF NOT EXISTS vsmcp_pain (id text PRIMARY KEY, at bigint NOT NULL, signal text NOT NULL)`,
    ],
  },
  {
    version: 4,
    statements: [
      // The guard that parked an event, as a hash: another one, or none, may let it through. Null in rows of older
      // releases.
      `ALTER TABLE vsmcp_ledger ADD COLUMN IF NOT EXISTS guard text`,
    ],
  },
];
