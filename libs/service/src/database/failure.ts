import { reasonOf, VsmError } from '@vsmcp/vsm';

export type Plain = string | number | boolean | null;

/**
 * Parameters are plain values, so that every way to the database means the same by them. Lists and objects go as JSON
 * text.
 */
export function plain(value: unknown): Plain {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new VsmError(
    'VSM_DATABASE',
    `a parameter is ${typeof value === 'object' ? 'an object' : String(value)}: pass lists and objects as JSON text ($1::json)`,
  );
}

/** A statement's name is its leading comment, or else how it begins. */
export function nameOf(sql: string): string {
  return /^\s*--\s*(.+)/.exec(sql)?.[1]?.trim() ?? sql.trim().replaceAll(/\s+/g, ' ').slice(0, 40);
}

export function failure(sql: string, cause: unknown): VsmError {
  const said = `database: ${nameOf(sql)}: ${reasonOf(cause)}`;
  return new VsmError('VSM_DATABASE', said, { cause, trouble: databaseTrouble(cause) });
}

/** Grounds on which a database lets nobody in, and `other` for all else. */
export type DatabaseTrouble = 'refused' | 'unknown-host' | 'login' | 'no-database' | 'unreachable' | 'other';

/** By Node.js's codes and PostgreSQL's SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const BY_CODE: Record<string, DatabaseTrouble> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  '28000': 'login',
  '28P01': 'login',
  '3D000': 'no-database',
};

function databaseTrouble(error: unknown): DatabaseTrouble {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  // the driver's own errors have no code: of a connection that did not come in time, and of a password that it lacks
  const reason = reasonOf(error);
  if (/SASL|password/i.test(reason) && code === '') return 'login';
  return /timeout|terminated/i.test(reason) && code === '' ? 'unreachable' : 'other';
}

/** The SQLSTATE behind a VSM_DATABASE error, or undefined when the database was not even reached. */
export function stateOf(error: unknown): string | undefined {
  const cause: unknown = error instanceof VsmError ? error.cause : error;
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' && /^[0-9A-Z]{5}$/.test(cause.code) ? cause.code : undefined;
}

/** True when the statement's own data is at fault (SQLSTATE classes 21, 22, 23, 54), so that others may fare better. */
export function isDataError(error: unknown): boolean {
  return /^(21|22|23|54)/.test(stateOf(error) ?? '');
}

/** True when a statement lost a race without effect (deadlock, serialization) and may simply be repeated. */
export function isRace(error: unknown): boolean {
  return stateOf(error) === '40P01' || stateOf(error) === '40001';
}
