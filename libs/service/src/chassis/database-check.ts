import { type Clock, reasonOf } from '@vsmcp/vsm';
import type { Database } from '../database/database.js';
import type { Check } from './presence.js';

/** Asks the database for nothing every `interval` ms, so that a service whose state is away says so. */
export function watchDatabase(database: Database, clock: Clock, interval: number): { check: Check; stop: () => void } {
  let trouble: string | undefined;
  let asking = false;
  const ask = async () => {
    if (asking) return;
    asking = true;
    try {
      await database.query('-- is it there\nSELECT 1');
      trouble = undefined;
    } catch (error) {
      trouble = reasonOf(error);
    } finally {
      asking = false;
    }
  };
  return {
    check: () => (trouble === undefined ? { ok: true } : { ok: false, reason: trouble }),
    stop: clock.every(interval, () => void ask()),
  };
}
