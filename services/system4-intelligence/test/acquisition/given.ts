import assert from 'node:assert/strict';
import { FleetConfig } from '@vsmcp/service';
import type { CapabilityState, DataOf, Tool, Tried, Verdict, Waiting } from '@vsmcp/vsm';
import { decide, type Input } from '../../src/acquisition/decide.js';
import { evolve } from '../../src/acquisition/evolve.js';
import { limitsOf } from '../../src/acquisition/limits.js';
import {
  AcquisitionEvent,
  EMPTY,
  type Option,
  type OwnProposal,
  type Saga,
  type State,
} from '../../src/acquisition/state.js';
import { candidate, files, toolsOf } from '../matching/needs.js';

export const CALC = candidate('io.github.coo-quack/calc-mcp', 'math and dates', '@coo-quack/calc-mcp@2.1.1');
export const TIME = candidate('io.github.yokingma/time-mcp', 'time', 'time-mcp@1.0.6');
const git = candidate('io.github.cyanheads/git-mcp-server', 'Git version control', '@cyanheads/git-mcp-server@2.15.3');
export const GIT = { ...git, spec: { ...git.spec, grants: { ...git.spec.grants, runs: ['git'] } } };
export const RUNNER = candidate('io.github.x/code-runner', 'Code Runner', 'mcp-server-code-runner@0.1.8');
export const option = (from: typeof CALC, server: string, rank = 4): Option => ({ candidate: from, server, rank });

const forbid = [{ name: 'no-code', because: 'never run it', cedar: 'true' }];
export const LIMITS = limitsOf(FleetConfig.parse({ policy: { forbid, acquire: { allow: 'contained' } } }));

export function waiting(extension: string, texts: string[], more: Partial<Waiting> = {}): Waiting {
  const { type, samples } = files(extension, ...texts);
  const because = 'nothing answers it';
  return {
    type,
    unit: 'desk',
    events: texts.length,
    since: 0,
    cause: 'unanswered',
    because,
    samples: [...samples],
    ...more,
  };
}

/** One fleet's System 4 without its surroundings: what it is told, and what it says. */
export class Story {
  state: State = EMPTY;
  now = 1_000_000;
  events: AcquisitionEvent[] = [];
  private next = 0;
  /** The proposal that was last said to System 5. */
  said: OwnProposal | undefined;

  when(input: Input): AcquisitionEvent[] {
    const events = decide(this.state, input, this.now, LIMITS);
    for (const event of events) {
      // As the journal would give it back.
      const kept = AcquisitionEvent.parse(JSON.parse(JSON.stringify(event)));
      this.state = evolve(this.state, kept);
      this.events.push(kept);
      if (kept.type === 'acquisition.proposed') this.said = kept.said;
    }
    return events;
  }

  /** These wait: what was brought in for others has closed their gap. */
  look(...entries: Waiting[]) {
    const closing = ({ step }: Saga) => step === 'confirming' || step === 'installing';
    const asked = [...this.state.sagas.values()].filter(closing).map(({ type }) => type);
    const closed = this.when({ kind: 'closing', asked, waiting: entries });
    const ids = () => `p${++this.next}`;
    return [
      ...closed,
      ...this.when({ kind: 'waiting', waiting: entries, promising: new Set(), told: LIMITS.told, ids }),
    ];
  }

  demand(type: string, wish: string, by = 'agent:x') {
    this.when({ kind: 'demand', said: { type, wish, by }, proposal: `d${++this.next}` });
    return this.look();
  }

  ranked(...options: Option[]) {
    const saga = [...this.state.sagas.values()].find((one) => one.step === 'searching' && !one.options);
    assert.ok(saga, 'nothing is searched for');
    return this.when({ kind: 'ranked', proposal: saga.proposal, options });
  }

  rule(verdict: 'allow' | 'deny' | 'ask', rule = 'contained', about = this.said) {
    assert.ok(about);
    const said: DataOf<typeof Verdict> = {
      proposal: about,
      verdict,
      rule,
      because: 'so it is',
      by: 'policy',
      epoch: 1,
    };
    return this.when({ kind: 'verdict', said });
  }

  probed(server: Parameters<typeof toolsOf>[0], from: typeof CALC | undefined = this.said?.candidate) {
    assert.ok(from);
    return this.report(from, toolsOf(server));
  }

  /** The tools that a server offers. */
  report(from: typeof CALC, tools: Tool[]) {
    return this.tried({ npm: from.spec.npm, tools });
  }

  /** A server of which is known what it offers. */
  know(from: typeof CALC, tools: Tool[]): void {
    const probe = { at: this.now, ok: true, because: 'probed', tools };
    const event = { type: 'acquisition.probed' as const, proposal: '', at: this.now, npm: from.spec.npm, probe };
    this.state = evolve(this.state, event);
  }

  /** The last proposal about a server. */
  proposal(server: string): OwnProposal {
    const made = this.events.flatMap((event) => (event.type === 'acquisition.proposed' ? [event.said] : []));
    const found = made.findLast((said) => said.server === server);
    assert.ok(found, `nothing was proposed about ${server}`);
    return found;
  }

  trialFor(from: typeof CALC): OwnProposal {
    const { grants } = from.spec;
    const about = { proposal: 'p', stage: 'trial' as const, type: 'file.js', waiting: 1, because: '' };
    return { ...about, candidate: from, server: 'x', grants, arguments: [], calls: [] };
  }

  /** The trial went so: an answer to each call, an Error where the tool said one. */
  answered(answer: (good: boolean) => string | Error) {
    const calls = this.said?.calls ?? [];
    return this.tried({
      results: calls.map((call) => {
        const text = answer(call.expect === 'answer');
        return { ...call, error: text instanceof Error, content: [{ type: 'text', text: String(text) }], ms: 1 };
      }),
    });
  }

  tried(more: Partial<DataOf<typeof Tried>>) {
    const proposal = this.said?.proposal ?? '';
    const npm = this.said?.candidate.spec.npm ?? '';
    const said = { proposal, npm, instance: 's1', ok: true, tools: [], results: [], integrity: 'sha512-x', ...more };
    return this.when({ kind: 'tried', said });
  }

  capability(state: DataOf<typeof CapabilityState>['state'], reason?: string) {
    const server = this.said?.server ?? '';
    const said = { instance: 's1', server, state, tools: [], ...(reason !== undefined && { reason }) };
    return this.when({ kind: 'capability', said });
  }

  later(ms: number) {
    this.now += ms;
    return this.when({ kind: 'tick' });
  }

  saga(type: string): Saga {
    const saga = this.state.sagas.get(type);
    assert.ok(saga, `nothing is known of ${type}`);
    return saga;
  }
}
