import { type DataOf, Heartbeat, reasonOf } from '@vsmcp/vsm';
import type { ServiceContext } from '../service.js';

export type Check = Parameters<ServiceContext['check']>[1];
export interface Readiness {
  ready: boolean;
  /** Name of a check → what is wrong. */
  trouble: Record<string, string>;
}

type Beat = DataOf<typeof Heartbeat>;

/** The state of one instance, as it says it in its heartbeat and on /ready. */
export class Presence {
  readonly #checks = new Map<string, Check>();
  readonly #who: Pick<Beat, 'system' | 'instance' | 'version' | 'started' | 'every'>;
  #leadershipState: { state: Beat['state']; epoch?: number } = { state: 'active' };
  #started = false;

  constructor(who: Pick<Beat, 'system' | 'instance' | 'version' | 'started' | 'every'>) {
    this.#who = who;
  }

  check(name: string, check: Check): void {
    this.#checks.set(name, check);
  }

  leadershipState(state: { state: Beat['state']; epoch?: number }): void {
    if (this.#leadershipState.state !== 'draining') this.#leadershipState = state;
  }

  /** The service's own start has ended: before, it is not ready. */
  started(): void {
    this.#started = true;
  }

  readiness(): Readiness {
    const trouble: Record<string, string> = {};
    if (!this.#started) trouble.start = 'it is starting';
    if (this.#leadershipState.state === 'draining') trouble.drain = 'it is stopping';
    for (const [name, check] of this.#checks) {
      const health = run(check);
      if (!health.ok) trouble[name] = health.reason;
    }
    return { ready: Object.keys(trouble).length === 0, trouble };
  }

  beat(): Beat {
    return { ...this.#who, ...this.#leadershipState, ...this.readiness() };
  }
}

function run(check: Check): ReturnType<Check> {
  try {
    return check();
  } catch (error) {
    return { ok: false, reason: `the check itself failed: ${reasonOf(error)}` };
  }
}

/**
 * Says the heartbeat now, every `interval` ms, and a last time when it is stopped. One that cannot be sent is not kept:
 * the next says more.
 */
export function beatEvery(
  context: Pick<ServiceContext, 'say' | 'system' | 'instance' | 'clock' | 'log'>,
  said: () => Beat,
  interval: number,
): () => void {
  let lost = 0;
  const beat = () => {
    context
      .say(Heartbeat, `${context.system}.${context.instance}.heartbeat`, said())
      .then(() => {
        lost = 0;
      })
      .catch((error: unknown) => {
        if (lost++ === 0) context.log.warn({ error }, `heartbeats do not get out: ${reasonOf(error)}`);
      });
  };
  beat();
  const stop = context.clock.every(interval, beat);
  return () => {
    stop();
    beat();
  };
}
