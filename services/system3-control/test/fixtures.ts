import { Capability, CapabilityState, type DataOf, Load, Verdict } from '@vsmcp/vsm';

type VerdictData = DataOf<typeof Verdict>;

export const NPM = '@coo-quack/calc-mcp@2.1.1';

/** A verdict on calc-mcp at the given stage; an installation carries its evidence. */
export function verdict(
  stage: VerdictData['proposal']['stage'],
  over: Partial<VerdictData['proposal']> = {},
  said: Partial<VerdictData> = {},
): VerdictData {
  return Verdict.data.parse({
    verdict: 'allow',
    rule: 'acquire.allow',
    because: 'contained',
    by: 'policy',
    epoch: 1,
    ...said,
    proposal: {
      proposal: 'p1',
      stage,
      type: 'file.cron',
      waiting: 3,
      candidate: {
        name: 'io.github.coo-quack/calc-mcp',
        description: 'calculates',
        version: '2.1.1',
        registry: 'shipped',
        spec: { npm: NPM, grants: { network: true } },
      },
      server: 'calc-mcp',
      grants: {},
      tool: 'cron_parse',
      response: { call: 'calc-mcp.cron_parse' },
      because: '3 wait',
      ...(stage === 'install' && {
        evidence: {
          results: [],
          tools: [tool('cron_parse'), tool('math')],
          confinement: 'namespace',
          integrity: 'sha512-x',
          contract: 'c1',
        },
      }),
      ...over,
    },
  });
}

export const tool = (name: string) => ({ name, inputSchema: { type: 'object' } });

/** calc-mcp as acquired and running. */
export function row(over: Partial<Capability> = {}): Capability {
  return Capability.parse({
    server: 'calc-mcp',
    origin: 'acquired',
    name: 'io.github.coo-quack/calc-mcp',
    version: '2.1.1',
    spec: { npm: NPM },
    integrity: 'sha512-x',
    contract: 'c1',
    tools: [tool('cron_parse'), tool('math')],
    confinement: 'namespace',
    state: 'ready',
    responses: { 'file.cron': { call: 'calc-mcp.cron_parse' } },
    proposal: 'p1',
    ...over,
  });
}

export function report(over: Partial<DataOf<typeof CapabilityState>> = {}): DataOf<typeof CapabilityState> {
  return CapabilityState.data.parse({
    instance: 'i1',
    server: 'calc-mcp',
    state: 'ready',
    proposal: 'p1',
    contract: 'c1',
    integrity: 'sha512-x',
    confinement: 'namespace',
    tools: [tool('cron_parse'), tool('math')],
    ...over,
  });
}

/** One second of one unit. */
export function load(
  to: number,
  answered: number,
  over: { dead?: number; busy?: number; unit?: string } = {},
): DataOf<typeof Load> {
  const { dead = 0, busy = answered * 100, unit = 'desk' } = over;
  const outcomes = { answered, dead };
  return Load.data.parse({
    instance: 'i1',
    from: to - 1000,
    to,
    received: answered + dead,
    duplicates: 0,
    retried: 0,
    running: 0,
    capacity: 10,
    outcomes,
    units: { [unit]: { received: answered + dead, outcomes, busy } },
    types: {},
    others: { types: 0, outcomes: {} },
    tools: {},
  });
}
