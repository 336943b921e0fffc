import pg from 'pg';
import type { Plain } from './failure.js';

/**
 * In the URL of a database whose clients share one session. pglite-socket passes the protocol on message by message, so
 * that the parse of one client and the bind of another would meet on the same unnamed statement: one would run the
 * other's. There a statement must be one message: its parameters are written into it.
 */
export const SHARED_SESSION = 'vsmcp_shared_session';

/** Puts the parameters into the statement as untyped literals, as the server would have read them beside it. */
export function inline(sql: string, values: readonly Plain[]): string {
  return sql.replaceAll(/\$(\d+)/g, (_, n: string) => literal(values[Number(n) - 1] ?? null));
}

function literal(value: Plain): string {
  return value === null ? 'NULL' : pg.escapeLiteral(String(value));
}
