import { after, before, describe } from 'node:test';
import { openTestEmbedded } from '../../../../test/support/embedded.js';
import { openTestPostgres, type TestPostgres } from '../../../../test/support/postgres.js';
import { type Database, openLog, openPostgres } from '../../src/index.js';

/** The databases that a suite which runs on every kind of them is given; to be read inside of tests only. */
export interface OnDatabase {
  readonly database: Database;
  /** Another way to the same database, as another process would have. */
  readonly other: Database;
}

const silent = openLog('silent');

/** Runs a suite on the embedded database and on a real PostgreSQL. */
export function onEveryDatabase(name: string, suite: (on: OnDatabase) => void): void {
  describe(`${name}, embedded`, () => {
    let database: Database | undefined;
    before(async () => {
      database = await openTestEmbedded();
    });
    after(async () => database?.close());
    suite({
      get database() {
        return opened(database);
      },
      get other() {
        return opened(database);
      },
    });
  });

  describe(`${name}, PostgreSQL`, async () => {
    const postgres: TestPostgres | undefined = await openTestPostgres();
    if (!postgres) return;
    const database = openPostgres(postgres.url, { log: silent });
    const other = openPostgres(postgres.url, { log: silent });
    after(async () => {
      await Promise.all([database.close(), other.close()]);
      await postgres.stop();
    });
    suite({ database, other });
  });
}

function opened(database: Database | undefined): Database {
  if (!database) throw new Error('the database is opened before the first test');
  return database;
}
