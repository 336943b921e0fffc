import { createHash } from 'node:crypto';
import {
  type CedarValueJson,
  type PolicySet,
  preparsePolicySet,
  statefulIsAuthorized,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import { VsmError } from '@vsmcp/vsm';

/** A rule of `policy.forbid` in vsmcp.yaml. `cedar` is the condition of a Cedar `forbid`. */
export interface ForbidRule {
  name: string;
  because: string;
  cedar: string;
}

/** A question to the rules. Attributes that are not known yet are left out of `server`. */
export interface Request {
  principal: { type: 'System' | 'Person'; id: string };
  action: 'acquire' | 'operate' | 'unit';
  server: { id: string; attributes: ServerAttributes };
  /** Only for `acquire`. */
  stage?: string;
}

/** Attributes of `resource` in a rule. SCHEMA says which of them can be absent. */
export interface ServerAttributes {
  name: string;
  package: string;
  version: string;
  registry: string;
  tool?: string;
  arguments?: string[];
  readOnly?: boolean;
  contained: boolean;
  confinement?: string;
  /** All of it, or hosts in it. */
  network: boolean;
  /** Those that were declared, patterns as they are; none where it has the network whole. */
  hosts: string[];
  runs: string[];
  reads: string[];
  writes: string[];
  mcpNameMatches?: boolean;
}

/** The vocabulary of the rules: what is misspelt or read without `has` is found at start, not when it matters. */
const SCHEMA = `
entity System, Person;
entity Server = {
  name: String, package: String, version: String, registry: String,
  tool: String, arguments: Set<String>, readOnly: Bool,
  contained: Bool, confinement?: String,
  network: Bool, hosts: Set<String>, runs: Set<String>, reads: Set<String>, writes: Set<String>,
  mcpNameMatches?: Bool,
};
action acquire appliesTo { principal: [System, Person], resource: [Server], context: { stage: String } };
action operate, unit appliesTo { principal: [System, Person], resource: [Server], context: {} };
`;

/** Answers which rule forbids a request, the first in the order of the config, or that none does. */
export type Forbids = (request: Request) => ForbidRule | undefined;

const translate = (rule: ForbidRule): string =>
  `@id("${rule.name}")\nforbid(principal, action, resource)\nwhen {\n${rule.cedar}\n};`;

/**
 * Checks and parses the rules once; a decision then costs some 30 µs.
 * A rule that cannot be evaluated forbids (a rule that fails must not let through), except at stage `probe`, where the
 * tool, its arguments and whether it only reads are not known yet and the rule is asked again later.
 * @throws VSM_CONFIG naming the rule and what is wrong in it
 */
export function compileForbids(rules: readonly ForbidRule[]): Forbids {
  for (const rule of rules) check(rule);
  const texts = Object.fromEntries(rules.map((rule) => [rule.name, translate(rule)]));
  if (Object.keys(texts).length < rules.length)
    throw new VsmError('VSM_CONFIG', 'policy.forbid: two rules have the same name; give each its own');
  // The engine keeps parsed sets by name for the whole process: equal rules share one.
  const set = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  const parsed = preparsePolicySet(set, { staticPolicies: texts });
  if (parsed.type === 'failure')
    throw new VsmError('VSM_CONFIG', `policy.forbid: ${parsed.errors.map((e) => e.message).join('; ')}`);
  return (request) => {
    const { forbidding: names, errors } = evaluate(set, request);
    const forbidding = rules.find((rule) => names.has(rule.name));
    if (forbidding || request.stage === 'probe') return forbidding;
    const failed = errors[0];
    const rule = rules.find((r) => r.name === failed?.policyId);
    return rule && { ...rule, because: `${rule.because} (the rule could not be evaluated: ${failed?.error.message})` };
  };
}

function check(rule: ForbidRule): void {
  const policies: PolicySet = { staticPolicies: { [rule.name]: translate(rule) } };
  const answer = validate({ schema: SCHEMA, policies });
  const wrong = answer.type === 'failure' ? answer.errors : answer.validationErrors.map((e) => e.error);
  const [first] = wrong;
  if (!first) return;
  const place = first.sourceLocations?.[0]?.label;
  throw new VsmError(
    'VSM_CONFIG',
    `policy.forbid, rule ${rule.name}: ${first.message}${place ? `, ${place}` : ''}${first.help ? ` (${first.help})` : ''}. ` +
      `cedar must be one condition over principal, action, resource and context, such as: ` +
      `action == Action::"acquire" && resource.network`,
  );
}

function evaluate(set: string, request: Request) {
  const resource = { type: 'Server', id: request.server.id };
  const answer = statefulIsAuthorized({
    principal: request.principal,
    action: { type: 'Action', id: request.action },
    resource,
    context: request.stage === undefined ? {} : { stage: request.stage },
    preparsedPolicySetId: set,
    entities: [{ uid: resource, attrs: known(request.server.attributes), parents: [] }],
  });
  if (answer.type === 'failure')
    throw new VsmError(
      'VSM_POLICY',
      `the rules cannot be evaluated: ${answer.errors.map((e) => e.message).join('; ')}`,
    );
  const { reason, errors } = answer.response.diagnostics;
  // Cedar's "reason" is the ids of the policies that decided, which here are the rules' names
  return { forbidding: new Set(reason), errors };
}

function known(attributes: ServerAttributes): Record<string, CedarValueJson> {
  const attrs: Record<string, CedarValueJson> = {};
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) attrs[name] = value;
  return attrs;
}
