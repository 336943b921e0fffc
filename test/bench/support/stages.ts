import type { ServerLauncher } from '@vsmcp/mcp';
import type { Service, ServiceContext } from '@vsmcp/service';
import { Outcome } from '@vsmcp/vsm';

/** Time in stages of an operation, summed over all that are under way at the same time. */
export class Stages {
  #ms = new Map<string, number>();

  async timed<T>(stage: string, work: () => Promise<T>): Promise<T> {
    const since = performance.now();
    try {
      return await work();
    } finally {
      this.#ms.set(stage, (this.#ms.get(stage) ?? 0) + performance.now() - since);
    }
  }

  clear(): void {
    this.#ms = new Map();
  }

  /** ms of each stage for one of so many operations, and of the whole; begins anew. */
  take(operations: number, whole: number): ReadonlyMap<string, number> {
    const taken = new Map([...this.#ms].map(([stage, ms]) => [stage, ms / operations] as const));
    this.clear();
    return taken.set('whole', whole);
  }

  /** The host, with the calls of its servers timed. */
  host(host: ServerLauncher): ServerLauncher {
    return {
      ...host,
      start: async (...how) => {
        const { installed, connection } = await host.start(...how);
        const call: typeof connection.call = (...given) => this.timed('call', () => connection.call(...given));
        return { installed, connection: delegate(connection, { call }) };
      },
    };
  }
}

/** A service whose writes to the ledger, and whose outcomes, are timed. */
export function watched(service: Service, stages: Stages): Service {
  return {
    system: service.system,
    start: (context) => {
      const { ledger } = context;
      const timedLedger: ServiceContext['ledger'] = {
        ...ledger,
        claim: (...given) => stages.timed('claim', () => ledger.claim(...given)),
        intend: (...given) => stages.timed('intend', () => ledger.intend(...given)),
        settle: (...given) => stages.timed('settle', () => ledger.settle(...given)),
        settleNew: (...given) => stages.timed('settle', () => ledger.settleNew(...given)),
      };
      const say: ServiceContext['say'] = (kind, ...rest) =>
        kind.type === Outcome.type
          ? stages.timed('report', () => context.say(kind, ...rest))
          : context.say(kind, ...rest);
      return service.start(delegate(context, { ledger: timedLedger, say }));
    },
  };
}

/** The same object with some of its members replaced; what it keeps private stays its own. */
function delegate<T extends object>(to: T, instead: Partial<T>): T {
  return new Proxy(to, {
    get(target, name) {
      if (name in instead) return Reflect.get(instead, name);
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
