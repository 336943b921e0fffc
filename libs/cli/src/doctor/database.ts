import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Database, holderOfFolder, openEmbedded, openLog, openPostgres, schemaVersion } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import { broken, type Finding, none, ok, warning } from './finding.js';
import { mendOfDatabase } from './refusals.js';
import { rightOnes, type Situation } from './situation.js';

/** The database's own account of itself and of the fleet's tables. */
export interface Schema {
  version: string;
  /** The steps that were made, and for which fleet; null: none yet. */
  step: number | null;
  path: string | null;
  /** May tables be made? */
  may: boolean;
}

const FACTS = `-- what is there
SELECT current_setting('server_version') AS version,
       has_schema_privilege(current_schema(), 'CREATE') AS may,
       to_regclass('vsmcp_schema') IS NOT NULL AS there`;
const STEP = `-- which steps were made
SELECT max(version) AS step, max(path) AS path FROM vsmcp_schema`;

/** PostgreSQL, where one is named. */
export async function lookAtPostgres(situation: Situation): Promise<Finding[]> {
  const right = rightOnes(situation);
  if (right === undefined) return [none('not looked at: the configuration is not right')];
  const { databaseUrl } = right.settings;
  if (databaseUrl === undefined) return [];
  const database = openPostgres(databaseUrl, { pool: 1, log: openLog('silent') });
  try {
    return [judgeSchema('PostgreSQL', await schemaOf(database), right.config.path, schemaVersion())];
  } catch (error) {
    return [broken(reasonOf(error), mendOfDatabase(error))];
  } finally {
    await database.close();
  }
}

/** The embedded database, where no other is named: who has it, and whether it opens. */
export async function lookAtEmbedded(situation: Situation): Promise<Finding[]> {
  const right = rightOnes(situation);
  if (right === undefined || right.settings.databaseUrl !== undefined) return [];
  const folder = join(right.settings.dataDir, 'database');
  const holder = holderOfFolder(folder);
  if (holder !== undefined) return [judgeHolder(folder, holder, (await situation.fleet()).is === 'there')];
  if (!existsSync(folder))
    return [ok(`embedded; none yet: the first start makes it in ${relative(process.cwd(), folder)}`)];
  let database: Database;
  try {
    database = await openEmbedded({ folder });
  } catch (error) {
    return [broken(reasonOf(error), `move ${folder} aside; the next start makes a new, empty one`)];
  }
  try {
    return [judgeSchema('embedded PostgreSQL', await schemaOf(database), right.config.path, schemaVersion())];
  } finally {
    await database.close();
  }
}

async function schemaOf(database: Database): Promise<Schema> {
  const [facts] = await database.query<{ version: string; may: boolean; there: boolean }>(FACTS);
  const [made] = facts?.there ? await database.query<{ step: number | null; path: string | null }>(STEP) : [];
  return {
    version: facts?.version ?? '?',
    may: facts?.may ?? false,
    step: made?.step ?? null,
    path: made?.path ?? null,
  };
}

/** @param newest the step that this release brings a database to */
export function judgeSchema(
  kind: string,
  { version, step, path, may }: Schema,
  fleet: string,
  newest: number,
): Finding {
  const said = `${kind} ${version}`;
  if (path !== null && path !== fleet) {
    return broken(
      `${said} belongs to the fleet with path '${path}', not '${fleet}'`,
      'set VSMCP_DATABASE_URL or VSMCP_DATA_DIR to one of its own, or correct path in vsmcp.yaml',
    );
  }
  if (step !== null && step > newest) {
    return warning(
      `${said}: its tables are of a newer release (step ${step}, this one has ${newest})`,
      'upgrade this release',
    );
  }
  if (step === newest) return ok(`${said}, tables at step ${step}`);
  if (!may)
    return broken(
      `${said}: this user may not make the fleet's tables`,
      'GRANT CREATE ON SCHEMA public TO the user of VSMCP_DATABASE_URL',
    );
  return ok(
    `${said}, ${step === null ? 'empty' : `tables at step ${step}`}: the next start brings it to step ${newest}`,
  );
}

/** @param fleet whether a fleet answers */
export function judgeHolder(folder: string, { pid, file }: { pid: number; file: string }, fleet: boolean): Finding {
  if (fleet) return ok(`embedded, in use by process ${pid}: the running fleet`);
  return broken(
    `${folder} is open in process ${pid}, but no fleet answers`,
    `stop process ${pid} (kill ${pid}), or set VSMCP_DATA_DIR to another folder; if ${pid} is no fleet, delete ${file}`,
  );
}
