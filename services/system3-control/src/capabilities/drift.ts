import { type Capability, type DataOf, grantsOf, type Reapproval, sameJson, type Tool, type Tried } from '@vsmcp/vsm';

type Proposed = DataOf<typeof Reapproval>;

/** Most tools named of each kind of change. */
const MOST_NAMED = 10;

/** The difference between tools before and now, in words; where only other words of the server changed, it says so. */
export function changesOf(before: readonly Tool[], now: readonly Tool[]): string[] {
  const named = (tools: readonly Tool[]) => new Map(tools.map((tool) => [tool.name, tool]));
  const [was, is] = [named(before), named(now)];
  const kinds: [string, string[]][] = [
    ['new', [...is.keys()].filter((name) => !was.has(name))],
    ['gone', [...was.keys()].filter((name) => !is.has(name))],
    ['changed', [...is].flatMap(([name, tool]) => (was.has(name) && !sameJson(was.get(name), tool) ? [name] : []))],
  ];
  const said = kinds.flatMap(([kind, names]) => (names.length === 0 ? [] : [`${kind}: ${shown(names)}`]));
  return said.length > 0
    ? said
    : ['its tools are as before: its instructions, or what is not seen in its words, changed'];
}

function shown(names: readonly string[]): string {
  const more = names.length - MOST_NAMED;
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** The question to System 5 about a suspended server: may it be what it is now? The same question has the same id. */
export function reapprovalOf(row: Capability): Proposed | undefined {
  const { server, offered, contract } = row;
  if (row.state !== 'suspended' || offered === undefined || contract === undefined) return undefined;
  return {
    ...about(row),
    proposal: `contract:${server}:${digest(contract)}:${digest(offered.contract)}`,
    stage: 'contract',
    changed: changesOf(row.tools, offered.tools),
    suspicions: offered.suspicions,
    evidence: { results: [], contract: offered.contract, tools: offered.tools },
    because: `${server} offers something else than was approved, and is suspended`,
  };
}

/** The question to System 5 about another version of a server after it was tried. */
export function upgradeOf(asked: Proposed, row: Capability, tried: DataOf<typeof Tried>): Proposed {
  const { confinement, integrity, contract, mcpName, tools, suspicions } = tried;
  const same = contract !== undefined && contract === row.contract;
  return {
    ...asked,
    ...(mcpName !== undefined && { mcpName }),
    ...(suspicions !== undefined && { suspicions }),
    changed: same ? [] : changesOf(row.tools, tools),
    evidence: {
      results: [],
      tools,
      ...(tried.ok && integrity !== undefined && { integrity }),
      ...(tried.ok && contract !== undefined && { contract }),
      ...(confinement !== undefined && { confinement }),
      ...(mcpName !== undefined && { mcpName }),
    },
    because: tried.ok ? asked.because : `it could not be tried: ${tried.reason ?? 'no reason was given'}`,
  };
}

function about({ server, name, version, spec, origin }: Capability) {
  return {
    type: '',
    waiting: 0,
    server,
    grants: grantsOf(spec),
    calls: [],
    candidate: { name: name ?? server, description: '', version, registry: origin, spec },
    arguments: [],
  };
}

const digest = (contract: string): string => contract.slice(contract.indexOf('-') + 1).slice(0, 12);
