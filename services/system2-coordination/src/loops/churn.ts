import { type DataOf, HAVING, type Stock } from '@vsmcp/vsm';
import type { Found } from './loops.js';

/** Comings and goings within this time (ms) that make a loop: had, let go, had again, let go again. */
const WINDOW = 1_800_000;
const CHANGES = 4;
/**
 * Milliseconds without a change after which it is over, at first; each time that it comes back soon after, twice as
 * long.
 */
export const COOL = 600_000;
const MOST_COOL = 86_400_000;
/** One that is found within this time (ms) after the last was over is that one again. */
const RELAPSE = 7_200_000;
const MINUTE = 60_000;

interface Watched {
  /** When it came or went, ms since the epoch. */
  changes: number[];
  loop?: Found;
  cool: number;
  settled: number;
}

/**
 * Watches what the fleet acquires for servers that come and go and come again: each time they are looked for, tried,
 * installed and taken out, and nothing is won. A loop is damped at once (System 3 hears of it and does not have the
 * server installed), and settled when nothing has changed for a while. Decides on plain data; times in ms since the
 * epoch.
 */
export class Churn {
  readonly #servers = new Map<string, Watched>();
  #stock: { version: number; servers: ReadonlySet<string> } | undefined;

  get loops(): Found[] {
    return [...this.#servers.values()].flatMap(({ loop }) => loop ?? []);
  }

  /** Takes over what an earlier leader had found. */
  restore(loop: Found, now: number): void {
    this.#servers.set(loop.resource.slice(HAVING.length), fresh({ changes: [now], loop }));
  }

  /** The servers that the fleet has, as of a version; every replica says it. @returns loops that this shows */
  stock({ version, servers }: DataOf<typeof Stock>, now: number): Found[] {
    const before = this.#stock;
    if (before && version <= before.version) return [];
    const after = new Set(servers);
    this.#stock = { version, servers: after };
    // Servers that are there at the first look did not come just now.
    if (!before) return [];
    const changed = [...before.servers, ...after].filter((server) => before.servers.has(server) !== after.has(server));
    return changed.flatMap((server) => this.#changed(server, now));
  }

  /** Settles loops by the passing of time alone. */
  tick(now: number): Found[] {
    const over: Found[] = [];
    for (const [server, watched] of this.#servers) {
      const { changes, loop, cool, settled } = watched;
      const last = changes.at(-1) ?? now;
      if (loop && now - last >= cool) {
        over.push({ ...loop, state: 'settled' });
        this.#servers.set(server, { changes: [], cool, settled: now });
      } else if (!loop && now - last >= WINDOW && now - settled >= RELAPSE) this.#servers.delete(server);
    }
    return over;
  }

  #changed(server: string, now: number): Found[] {
    const watched = this.#servers.get(server) ?? fresh({ changes: [] });
    this.#servers.set(server, watched);
    watched.changes = [...watched.changes.filter((at) => at > now - WINDOW), now];
    const [first = now] = watched.changes;
    if (watched.loop || watched.changes.length < CHANGES) return [];
    watched.cool = now - watched.settled < RELAPSE ? Math.min(MOST_COOL, 2 * watched.cool) : COOL;
    const before = (watched.changes.length * MINUTE) / Math.max(MINUTE, now - first);
    const found: Found = { resource: `${HAVING}${server}`, units: [server], state: 'found', before, limit: 0 };
    watched.loop = { ...found, state: 'damped' };
    return [found, watched.loop];
  }
}

function fresh(over: Pick<Watched, 'changes' | 'loop'>): Watched {
  return { cool: COOL, settled: Number.NEGATIVE_INFINITY, ...over };
}
