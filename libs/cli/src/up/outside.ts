import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBroker } from '@vsmcp/nervous-system';
import { openLog, openPostgres, type Readiness } from '@vsmcp/service';
import { reasonOf } from '@vsmcp/vsm';
import { mendOfConnection, mendOfDatabase } from '../doctor/refusals.js';

/** ms for the handshake with the broker. */
const HANDSHAKE = 4000;
/** ms between two attempts to reach what is away. */
const AGAIN = 2000;

/** The thing that is waited for, why, and on a line of its own what to do. */
function waiting(what: string, reason: string, mend: string): string {
  return `the ${what}: ${reason}\n   → ${mend}`;
}

/**
 * Waits for a PostgreSQL that is not there yet.
 * @param waitsFor told what is waited for and the mend, again when that changes
 * @throws the reason of `signal` when it ends the wait
 */
export async function untilDatabase(url: string, signal: AbortSignal, waitsFor: (what: string) => void): Promise<void> {
  const database = openPostgres(url, { pool: 1, log: openLog('silent') });
  let told = '';
  try {
    for (;;) {
      signal.throwIfAborted();
      try {
        await database.query('-- is it there\nSELECT 1');
        return;
      } catch (error) {
        const reason = reasonOf(error);
        if (reason !== told) waitsFor(waiting('database', reason, mendOfDatabase(error)));
        told = reason;
      }
      await sleep(AGAIN, undefined, { signal });
    }
  } finally {
    await database.close();
  }
}

/**
 * Looks at what services that start may lack outside of the fleet: a database or broker that is away, with the mend.
 * The broker is asked itself, at most every two seconds, because services cannot say what it answers to a login, nor
 * anything before they run.
 * @param services how each is, by name
 * @param at where broker and database are, where they are not within this process
 */
export function lookOutside(
  services: () => Promise<Record<string, Readiness>>,
  { amqpUrl, databaseUrl }: { amqpUrl?: string | undefined; databaseUrl?: string | undefined },
): () => Promise<string | undefined> {
  let asked: { at: number; answer: Promise<string | undefined> } | undefined;
  return async () => {
    const all = Object.values(await services());
    const database = all.map(({ trouble }) => trouble.database).find((said) => said !== undefined);
    if (database !== undefined)
      return waiting('database', database, mendOfDatabase(await databaseTrouble(databaseUrl)));
    if (amqpUrl === undefined) return undefined;
    if (asked === undefined || Date.now() - asked.at > AGAIN) asked = { at: Date.now(), answer: broker(amqpUrl) };
    return asked.answer;
  };
}

/** The error with which a query ends now, which says its class; undefined where there is none. */
async function databaseTrouble(url: string | undefined): Promise<unknown> {
  if (url === undefined) return undefined;
  const database = openPostgres(url, { pool: 1, log: openLog('silent') });
  try {
    await database.query('-- is it there\nSELECT 1');
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await database.close();
  }
}

async function broker(url: string): Promise<string | undefined> {
  try {
    await (await readBroker(url, { timeout: HANDSHAKE, ids: randomUUID })).close();
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    return waiting('broker', reason, mendOfConnection(error));
  }
}
