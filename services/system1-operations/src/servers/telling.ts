import type { ServiceContext } from '@vsmcp/service';
import { Algedonic, CapabilityState, type DataOf, sourceOf, word } from '@vsmcp/vsm';
import type { DesiredServer } from './desired.js';
import type { ServerState } from './server.js';

type Report = DataOf<typeof CapabilityState>;

/** Says how servers stand: reports to System 3, and pain past the hierarchy when one stays down. */
export class Telling {
  readonly #context: ServiceContext;
  readonly #track: (task: Promise<unknown>) => void;
  /** Server → since when it hurts, ms since the epoch. */
  readonly #hurting = new Map<string, number>();
  readonly #inherited = new Set<string>();

  /** @param track keeps a promise that nobody awaits from being lost */
  constructor(context: ServiceContext, track: (task: Promise<unknown>) => void) {
    this.#context = context;
    this.#track = track;
  }

  /** An owner before may have said that the server hurts: when it is ready here, it no longer does. */
  inherit(server: string): void {
    this.#inherited.add(server);
  }

  changed(wanted: DesiredServer, state: ServerState): void {
    const { log } = this.#context;
    const fields = { server: wanted.name, source: sourceOf(wanted.spec) };
    if (state.state === 'ready') {
      log.info({ ...fields, confinement: state.connection.confinement, tools: state.connection.tools.length }, 'ready');
      this.#well(wanted.name);
    } else {
      log.warn({ ...fields, reason: state.reason }, state.state);
      if (state.state === 'suspended' || state.lasting) this.#hurts(wanted.name, state.reason);
    }
    const connection = 'connection' in state ? state.connection : undefined;
    const only = state.state === 'suspended' ? undefined : wanted.only;
    const offered = connection?.tools.filter((tool) => only === undefined || only.includes(tool.name));
    const suspicions = [...(connection?.suspicions ?? [])];
    if (suspicions.length > 0) log.warn({ ...fields, suspicions }, 'words of a server are suspicious');
    this.#report(wanted, {
      state: state.state,
      tools: [...(offered ?? [])],
      ...(suspicions.length > 0 && { suspicions }),
      ...(state.state !== 'ready' && { reason: state.reason }),
      ...(state.state === 'ready' && state.integrity !== undefined && { integrity: state.integrity }),
      ...(connection?.confinement !== undefined && { confinement: connection.confinement }),
      ...(connection !== undefined && { contract: connection.contract }),
    });
  }

  removed(wanted: DesiredServer): void {
    this.#context.log.info({ server: wanted.name }, 'removed');
    this.#well(wanted.name);
    this.#report(wanted, { state: 'removed', tools: [] });
  }

  #report(wanted: DesiredServer, how: Omit<Report, 'instance' | 'server'> & Pick<Report, 'state' | 'tools'>): void {
    const { instance, say } = this.#context;
    const who = { instance, server: wanted.name, ...(wanted.proposal !== undefined && { proposal: wanted.proposal }) };
    this.#track(say(CapabilityState, `s1.${instance}.capability`, { ...who, ...how }));
  }

  #hurts(server: string, reason: string): void {
    if (this.#hurting.has(server)) return;
    const now = this.#context.clock.now();
    this.#hurting.set(server, now);
    this.#feel('pain', server, `server ${server} stays down: ${reason}`, now);
  }

  #well(server: string): void {
    const since = this.#hurting.get(server);
    const inherited = this.#inherited.delete(server);
    this.#hurting.delete(server);
    if (since === undefined && !inherited) return;
    this.#feel('pleasure', server, `server ${server} is well`, since ?? this.#context.clock.now());
  }

  #feel(severity: 'pain' | 'pleasure', server: string, what: string, since: number): void {
    const data = { alert: `server:${server}`, severity, unit: server, what, since };
    this.#track(this.#context.say(Algedonic, `${severity}.s1.${word(server)}`, data));
  }
}
