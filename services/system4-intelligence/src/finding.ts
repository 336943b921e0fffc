import type { ServiceContext } from '@vsmcp/service';
import {
  type Answer,
  type Asked,
  type Candidate,
  type Capability,
  packageOf,
  type Tool,
  type Waiting,
} from '@vsmcp/vsm';
import type { Input } from './acquisition/decide.js';
import { alreadyThere, optionsFor, packagedIn } from './acquisition/options.js';
import type { Saga, State } from './acquisition/state.js';
import { searchCandidates } from './matching/candidates.js';
import type { Found, Unusable } from './registries.js';

/** Types remembered for which no server seems to be, so that each is weighed once, and for how long (ms). */
const MOST_DULL = 20_000;
const DULL = 300_000;

/** Looks into the registries and at what the fleet has, for what waits and for who asks. */
export class Finding {
  readonly #context: ServiceContext;
  readonly #search: (signal: AbortSignal) => Promise<Found>;
  readonly #signal: AbortSignal;
  readonly #reserved: ReadonlySet<string>;
  readonly #dull = new Set<string>();
  #since = 0;

  constructor(context: ServiceContext, search: (signal: AbortSignal) => Promise<Found>, signal: AbortSignal) {
    this.#context = context;
    this.#search = search;
    this.#signal = signal;
    this.#reserved = new Set(Object.keys(context.config.servers));
  }

  /** The input with which a saga goes on: the servers found for it, or that there are none. */
  async options(sagaNow: () => Saga | undefined, state: () => State): Promise<Input | undefined> {
    const { candidates, registries, rows } = await this.#known();
    const saga = sagaNow();
    if (saga === undefined) return undefined;
    const { proposal } = saga;
    const there = alreadyThere(saga, rows);
    if (there !== undefined) return { kind: 'there', proposal, because: `${there} is there already` };
    const options = optionsFor(saga, candidates, rows, this.#reserved, state());
    const errors = registries.flatMap(({ error }) => error ?? []);
    return options.length === 0 && errors.length > 0
      ? { kind: 'unsearchable', proposal, because: errors.join('; ') }
      : { kind: 'ranked', proposal, options };
  }

  /** The types among these that some server seems to be for. */
  async promising(waiting: readonly Waiting[], state: State): Promise<ReadonlySet<string>> {
    const now = this.#context.clock.now();
    if (now - this.#since > DULL || this.#dull.size > MOST_DULL) {
      this.#dull.clear();
      this.#since = now;
    }
    const unknown = waiting.filter(({ type }) => !this.#dull.has(type));
    const promising = new Set<string>();
    if (unknown.length === 0) return promising;
    const { candidates, rows } = await this.#known();
    for (const { type, samples } of unknown) {
      if (optionsFor({ type, samples }, candidates, rows, this.#reserved, state).length > 0) promising.add(type);
      else this.#dull.add(type);
    }
    return promising;
  }

  async discover({ text, limit }: Asked<'discover'>, { probes }: State): Promise<Answer<'discover'>> {
    const { candidates, unusable, registries, rows } = await this.#known();
    const acquired = new Map(packagedIn(rows).map((row) => [packageOf(row.spec.npm), row.tools]));
    const toolsOf = ({ spec }: Candidate): readonly Tool[] =>
      probes.get(spec.npm)?.ok ? (probes.get(spec.npm)?.tools ?? []) : (acquired.get(packageOf(spec.npm)) ?? []);
    const chosen = searchCandidates(text ?? '', candidates, toolsOf).slice(0, limit);
    return {
      registries,
      candidates: chosen.map((candidate) => {
        const tools = toolsOf(candidate);
        return tools.length > 0 ? { ...candidate, tools: [...tools] } : candidate;
      }),
      unusable: named(text ?? '', unusable)
        .slice(0, limit)
        .map(({ name, version, registry, why }) => ({ name, version, registry, because: why })),
    };
  }

  async #known(): Promise<Found & { rows: Capability[] }> {
    const [found, { rows }] = await Promise.all([this.#search(this.#signal), this.#context.capabilities.read()]);
    return { ...found, rows };
  }
}

/** Those that have every word of the text in their name or description. */
function named(text: string, servers: readonly Unusable[]): Unusable[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return servers.filter(({ name, description }) => {
    const said = `${name} ${description}`.toLowerCase();
    return words.every((word) => said.includes(word));
  });
}
