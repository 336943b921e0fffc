import type { CloudEvent } from './event.js';
import type { DurableQueue } from './queues.js';
import type { UnitSystem } from './unit.js';

/** Extension attribute: the paths of the fleets that an event has come down through, parted by spaces. */
const VIA = 'vsmcpvia';

/** Time (ms) that an event may wait in a unit that is a system where the unit does not say. */
export const WAIT_BELOW = 600_000;

/** The path of a fleet that a file of this one's describes. */
export function pathBelow(path: string, unit: string): string {
  return `${path}.${unit}`;
}

/** The path of the fleet that a unit is: one whose file is named, or one that runs elsewhere. */
export function pathOfSystem(path: string, unit: string, system: UnitSystem): string {
  return typeof system === 'string' ? pathBelow(path, unit) : system.path;
}

/** The fleets that an event has come down through, the outermost first. */
export function passed(event: CloudEvent): string[] {
  const via = event[VIA];
  return typeof via === 'string' ? via.split(' ').filter((path) => path !== '') : [];
}

/**
 * The event as it goes down from the fleet `from` to its unit `to`, under the same source and id.
 * @param depth how many levels of fleets there may be, the outermost included
 */
export function descend(
  event: CloudEvent,
  { from, to, depth }: { from: string; to: string; depth: number },
): { ok: true; event: CloudEvent } | { ok: false; because: string } {
  const via = [...passed(event), from];
  if (via.includes(to)) {
    return {
      ok: false,
      because: `it has come through ${to} already: the fleets ${[...via, to].join(' → ')} are a circle`,
    };
  }
  if (via.length >= depth) {
    const because = `${to} would be level ${via.length + 1} (${[...via, to].join(' → ')}), settings.recursion_depth is ${depth}`;
    return { ok: false, because };
  }
  return { ok: true, event: { ...event, [VIA]: via.join(' ') } };
}

/**
 * Kinds of messages that come up over the border of a fleet, each in a queue of its own, which the fleet above makes.
 */
export const BORDER = ['outcome', 'report', 'pain'] as const;
export type BorderKind = (typeof BORDER)[number];

/** Reports kept while the fleet above is away. */
const MOST_REPORTS = 10;

/** @param absorbs patterns of the event types that the fleet above sends down */
export function borderQueue(kind: BorderKind, absorbs: readonly string[]): { name: string; durable: DurableQueue } {
  const name = `parent.${kind}`;
  switch (kind) {
    case 'outcome': {
      const bind = absorbs.map((pattern) => `*.${pattern}`);
      return { name, durable: { owner: 'parent', channel: 'outcome', bind, kind: 'quorum', retry: true } };
    }
    case 'pain':
      return {
        name,
        durable: { owner: 'parent', channel: 'metasystem', bind: ['pain'], kind: 'quorum', retry: true },
      };
    case 'report':
      return {
        name,
        durable: { owner: 'parent', channel: 'metasystem', bind: ['report'], kind: 'classic', most: MOST_REPORTS },
      };
  }
}
