import { type Answer, type DataOf, type Heartbeat, livingFor, SYSTEMS, type System, type Vitals } from '@vsmcp/vsm';

/** A silent instance is listed so long, then forgotten. ms */
const REMEMBERED = 60_000;
const MOST_INSTANCES = 1000;

export type Presence = Map<string, { beat: DataOf<typeof Heartbeat>; at: number }>;

export type Instance = {
  instance: string;
  /** `silent`: its heartbeat stopped without a farewell. */
  state: 'active' | 'standby' | 'draining' | 'silent';
  /** Of the lease that it leads under. */
  epoch?: number;
  ready: boolean;
  version: string;
  /** ms since the epoch. */
  started: number;
  vitals?: Vitals;
  trouble: Record<string, string>;
  /** ms since the epoch. */
  heard: number;
};

const aliveFor = ({ every }: DataOf<typeof Heartbeat>): number => livingFor(every);
/** ms for which a silent instance is listed. */
const rememberedFor = (beat: DataOf<typeof Heartbeat>): number => Math.max(REMEMBERED, 2 * aliveFor(beat));

/** An instance that said goodbye is not missed. @param age ms since its last heartbeat */
function isForgotten(last: DataOf<typeof Heartbeat>, age: number): boolean {
  return age > rememberedFor(last) || (last.state === 'draining' && age > aliveFor(last));
}

export function beat(presence: Presence, heartbeat: DataOf<typeof Heartbeat>, now: number): void {
  for (const [key, { beat: last, at }] of presence) {
    if (isForgotten(last, now - at)) presence.delete(key);
  }
  const key = `${heartbeat.system} ${heartbeat.instance}`;
  if (presence.has(key) || presence.size < MOST_INSTANCES) presence.set(key, { beat: heartbeat, at: now });
}

/** The instances of a system, and whether one of them is active and alive. */
export function presenceOf(
  presence: Presence,
  system: System,
  now: number,
): { present: boolean; instances: Instance[]; heard: number | null } {
  const instances: Instance[] = [];
  for (const { beat: last, at } of presence.values()) {
    if (last.system !== system || isForgotten(last, now - at)) continue;
    const alive = now - at < aliveFor(last);
    instances.push({
      instance: last.instance,
      state: alive ? last.state : 'silent',
      ...(last.epoch !== undefined && { epoch: last.epoch }),
      ready: alive && last.ready,
      version: last.version,
      started: last.started,
      ...(last.vitals !== undefined && { vitals: last.vitals }),
      trouble: last.trouble,
      heard: at,
    });
  }
  return {
    present: instances.some(({ state }) => state === 'active'),
    instances,
    heard: instances.length === 0 ? null : Math.max(...instances.map(({ heard }) => heard)),
  };
}

/**
 * `ok`: an active instance without trouble; `degraded`: active, but not ready or in trouble; `down`: none is active.
 */
export function healthOf(presence: Presence, system: System, now: number): 'ok' | 'degraded' | 'down' {
  const active = presenceOf(presence, system, now).instances.filter(({ state }) => state === 'active');
  if (active.length === 0) return 'down';
  return active.every(({ ready, trouble }) => ready && Object.keys(trouble).length === 0) ? 'ok' : 'degraded';
}

/** The answer to `systems`: one of them, or all. */
export function systemsAnswer(presence: Presence, only: System | undefined, now: number): Answer<'systems'> {
  const systems = SYSTEMS.filter((system) => only === undefined || system === only).map((system) => {
    const { present, instances } = presenceOf(presence, system, now);
    return { system, health: healthOf(presence, system, now), present, instances };
  });
  return { systems };
}
