import type { FleetConfig } from '@vsmcp/service';
import { type Answer, type Asked, type Capability, grantsOf, hasNetwork, isContained } from '@vsmcp/vsm';
import type { Policy } from '../acquisitions/decision.js';
import { compileForbids } from './forbids.js';
import { packageIn } from './names.js';

/**
 * The acquisition policy of vsmcp.yaml, compiled.
 * @throws VSM_CONFIG naming a rule that Cedar cannot read
 */
export function policyOf({ policy: { acquire, forbid }, settings }: FleetConfig): Policy & { wait: number } {
  const { from, deny, allow, ask, wait, confinement, ownership } = acquire;
  return {
    admission: { from, deny, allowed: settings.allowed_mcp_servers },
    allow,
    ask,
    wait,
    confinement,
    ownership,
    forbids: compileForbids(forbid),
  };
}

const OWNERSHIP = {
  required: "a package must say that it is the registry's server",
  ask: "a person is asked about a package that does not say whose server it is; one that says it is another's is refused",
  ignore: 'what a package says of whose server it is does not matter',
};

/** Identity and every policy in force, for who asks. @param priority as it holds now */
export function policiesOf(
  { purpose, policy: { acquire, first, forbid } }: FleetConfig,
  priority: Readonly<Record<string, number>>,
): Answer<'policies'> {
  const nobody = 'no server is admitted';
  return {
    purpose,
    policies: [
      { name: 'acquire.from', because: acquire.from.join(', ') || nobody },
      ...(acquire.deny.length > 0 ? [{ name: 'acquire.deny', because: acquire.deny.join(', ') }] : []),
      { name: 'acquire.allow', because: `allowed by itself: ${acquire.allow}` },
      {
        name: 'acquire.ask',
        because:
          acquire.ask === 'otherwise' ? `a person is asked, at most ${acquire.wait / 1000} s` : 'nobody is asked',
      },
      { name: 'acquire.confinement', because: `at least ${acquire.confinement}` },
      { name: 'acquire.ownership', because: OWNERSHIP[acquire.ownership] },
      ...Object.entries(priority).map(([unit, factor]) => ({
        name: `priority.${unit}`,
        because: `${unit} weighs ${factor} times as much in the bargain`,
      })),
      ...(first.length > 0 ? [{ name: 'first', because: `where units undo each other: ${first.join(', ')}` }] : []),
      ...forbid.map(({ name, because, cedar }) => ({ name, because, cedar })),
    ],
  };
}

/** The unit whose purpose comes first of those that undo each other; none where policy names none of them. */
export function whose({ policy }: FleetConfig, { units }: Asked<'whose'>): Answer<'whose'> {
  const unit = policy.first.find((name) => units.includes(name));
  if (unit === undefined) return {};
  return { first: { unit, because: 'policy.first has it before the others', by: 'policy' } };
}

/**
 * Permits or refuses the use of a server that the fleet has, by somebody or a unit. All is permitted that no rule
 * forbids.
 */
export function permit(
  policy: Policy,
  action: 'operate' | 'unit',
  asked: Asked<'permit'>,
  capability: Capability | undefined,
): Answer<'permit'> {
  const server = asked.server ?? '';
  const grants = capability && grantsOf(capability.spec);
  const forbidden = policy.forbids({
    principal: { type: 'Person', id: asked.by },
    action,
    server: {
      id: server,
      attributes: {
        name: server,
        package: capability ? packageIn(capability.spec) : '',
        version: capability?.version ?? '',
        registry: capability?.origin ?? '',
        tool: asked.tool ?? '',
        arguments: asked.arguments,
        readOnly: isReadOnly(capability, asked.tool),
        contained: grants !== undefined && isContained(grants),
        network: grants !== undefined && hasNetwork(grants),
        hosts: grants?.hosts ?? [],
        runs: grants?.runs ?? [],
        reads: grants?.reads ?? [],
        writes: grants?.writes ?? [],
        ...(capability?.confinement && { confinement: capability.confinement }),
      },
    },
  });
  return forbidden
    ? { permitted: false, rule: forbidden.name, because: forbidden.because }
    : { permitted: true, rule: action, because: 'no rule forbids it' };
}

function isReadOnly(capability: Capability | undefined, tool: string | undefined): boolean {
  return capability?.tools.find((t) => t.name === tool)?.annotations?.readOnlyHint === true;
}
