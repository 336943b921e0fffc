import assert from 'node:assert/strict';
import { FleetConfig } from '@vsmcp/service';
import type { CapabilityState, DataOf, Proposal, Tried, Verdict, Waiting } from '@vsmcp/vsm';
import { decide, type Input } from '../../src/acquisition/decide.js';
import { evolve } from '../../src/acquisition/evolve.js';
import { limitsOf } from '../../src/acquisition/limits.js';
import { AcquisitionEvent, EMPTY, type Option, type Saga, type State } from '../../src/acquisition/state.js';
import { candidate, files, toolsOf } from '../matching/needs.js';

export const CALC = candidate('io.github.coo-quack/calc-mcp', 'math and dates', '@coo-quack/calc-mcp@2.1.1');
export const TIME = candidate('io.github.yokingma/time-mcp', 'time', 'time-mcp@1.0.6');
export const RUNNER = candidate('io.github.x/code-runner', 'Code Runner', 'mcp-server-code-runner@0.1.8');
export const option = (from: typeof CALC, server: string): Option => ({ candidate: from, server });

const forbid = [{ name: 'no-code', because: 'never run it', cedar: 'true' }];
export const LIMITS = limitsOf(FleetConfig.parse({ policy: { forbid } }));

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
  /** What was last said to System 5. */
  said: DataOf<typeof Proposal> | undefined;

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

  look(...entries: Waiting[]) {
    return this.when({ kind: 'waiting', waiting: entries, types: entries.length, ids: () => `p${++this.next}` });
  }

  ranked(...options: Option[]) {
    const saga = [...this.state.sagas.values()].find(({ step }) => step === 'searching');
    assert.ok(saga, 'nothing is searched for');
    return this.when({ kind: 'ranked', proposal: saga.proposal, options });
  }

  rule(verdict: 'allow' | 'deny' | 'ask', rule = 'contained') {
    assert.ok(this.said);
    const said: DataOf<typeof Verdict> = {
      proposal: this.said,
      verdict,
      rule,
      because: 'so it is',
      by: 'policy',
      epoch: 1,
    };
    return this.when({ kind: 'verdict', said });
  }

  probed(server: Parameters<typeof toolsOf>[0]) {
    return this.tried({ tools: toolsOf(server) });
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
    const said = { proposal, instance: 's1', ok: true, tools: [], results: [], integrity: 'sha512-x', ...more };
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
