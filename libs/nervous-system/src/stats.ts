import type { BusStats } from './nervous-system.js';

export function newStats(): BusStats {
  return {
    published: 0,
    confirmed: 0,
    resent: 0,
    rejected: 0,
    delivered: 0,
    redelivered: 0,
    failed: 0,
    later: 0,
    dead: 0,
    reconnected: 0,
    inFlight: 0,
    unconfirmed: 0,
  };
}
