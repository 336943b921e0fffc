import { type ConfigProblem, checkConfig, type Environment, type FleetConfig, type Problem } from '@vsmcp/service';
import { checkedResponse } from '@vsmcp/system1-operations';
import { compileForbids } from '@vsmcp/system5-policy';
import { reasonOf } from '@vsmcp/vsm';

export type Checked =
  | { ok: true; config: FleetConfig; problemsAt(problems: readonly Problem[]): ConfigProblem[] }
  | { ok: false; problems: ConfigProblem[] };

/**
 * All that can be known of a configuration without running it: its schema, its names, its expressions and its rules.
 * @param path of a fleet that is a unit of another
 */
export function checkAll(text: string, env: Environment, path?: string): Checked {
  const checked = checkConfig(text, env, path);
  if (!checked.ok) return checked;
  const problems = [...badResponses(checked.config), ...badRules(checked.config)];
  if (problems.length > 0) return { ok: false, problems: checked.problemsAt(problems) };
  return checked;
}

/** Expressions that do not compile: System 1 would park the events of such a response. */
function badResponses({ units }: FleetConfig): Problem[] {
  return Object.entries(units).flatMap(([unit, { responses }]) =>
    Object.entries(responses).flatMap(([type, response]) =>
      tried(['units', unit, 'responses', type], () => checkedResponse(type, response)),
    ),
  );
}

/** Rules that are none: System 5 would not start. */
function badRules({ policy }: FleetConfig): Problem[] {
  return policy.forbid.flatMap((rule, i) => tried(['policy', 'forbid', i, 'cedar'], () => compileForbids([rule])));
}

function tried(path: PropertyKey[], attempt: () => unknown): Problem[] {
  try {
    attempt();
    return [];
  } catch (error) {
    return [{ path, message: reasonOf(error) }];
  }
}
