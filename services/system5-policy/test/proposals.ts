import { type DataOf, Proposal } from '@vsmcp/vsm';
import type { Policy } from '../src/acquisitions/decision.js';
import { compileForbids, type ForbidRule } from '../src/policy/forbids.js';

type Proposed = DataOf<typeof Proposal>;

/** The rule of the sample, word for word. */
export const NO_STRANGERS_CODE: ForbidRule = {
  name: 'no-strangers-code',
  because: 'A file that somebody dropped must never be run.',
  cedar: 'action == Action::"acquire" && resource.arguments.containsAny(["code", "command", "script"])',
};

const forbids = compileForbids([NO_STRANGERS_CODE]);

export function policy(over: Partial<Policy> = {}): Policy & { wait: number } {
  return {
    admission: { from: ['io.github.*/*'], deny: [], allowed: [] },
    allow: 'contained',
    ask: 'otherwise',
    confinement: 'namespace',
    ownership: 'ask',
    forbids,
    wait: 600_000,
    ...over,
  };
}

const CALC = 'io.github.coo-quack/calc-mcp';

/** A cron tool as System 4 proposes it, at the given stage. */
export function proposal(over: Partial<Proposed> = {}): Proposed {
  return Proposal.data.parse({
    proposal: 'p1',
    stage: 'trial',
    type: 'file.cron',
    waiting: 3,
    candidate: {
      name: CALC,
      description: 'calculates',
      version: '2.1.1',
      registry: 'shipped',
      spec: { npm: '@coo-quack/calc-mcp@2.1.1' },
    },
    server: 'calc-mcp',
    grants: {},
    because: '3 wait',
    ...(over.stage !== 'probe' && { tool: 'cron_parse', arguments: ['expression'], mcpName: CALC }),
    ...over,
  });
}

/** At stage install, with evidence that all is well unless said otherwise. */
export function installation(over: Partial<Proposed> = {}, evidence: Partial<NonNullable<Proposed['evidence']>> = {}) {
  const result = { tool: 'cron_parse', arguments: {}, content: null, ms: 1 };
  return proposal({
    stage: 'install',
    response: { call: 'calc-mcp.cron_parse' },
    evidence: {
      results: [
        { ...result, expect: 'answer', error: false },
        { ...result, expect: 'error', error: true },
      ],
      confinement: 'namespace',
      integrity: 'sha512-x',
      tools: [],
      ...evidence,
    },
    ...over,
  });
}

export const WANTS_GIT = { reads: ['.'], writes: [], runs: ['git'], network: false, hosts: [] };
