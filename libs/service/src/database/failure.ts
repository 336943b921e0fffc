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
  return new VsmError('VSM_DATABASE', `database: ${nameOf(sql)}: ${reasonOf(cause)}`, { cause });
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
