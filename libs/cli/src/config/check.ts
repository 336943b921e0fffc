import { basename } from 'node:path';
import {
  type ConfigProblem,
  checkConfig,
  type Environment,
  type FleetConfig,
  type Problem,
  problemText,
} from '@vsmcp/service';
import { checkedResponse } from '@vsmcp/system1-operations';
import { compileForbids } from '@vsmcp/system5-policy';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import { readIfThere } from './file.js';

export type Checked = { ok: true; config: FleetConfig } | { ok: false; problems: ConfigProblem[] };

/** All that can be known of a configuration without running it: its schema, its names, its expressions and its rules. */
export function checkAll(text: string, env: Environment): Checked {
  const checked = checkConfig(text, env);
  if (!checked.ok) return checked;
  const problems = [...badResponses(checked.config), ...badRules(checked.config)];
  if (problems.length > 0) return { ok: false, problems: checked.problemsAt(problems) };
  return { ok: true, config: checked.config };
}

/**
 * The configuration that a fleet is about to run with. What is wrong in it is told here, once, and not by the services as they fail.
 * @throws VSM_CONFIG with everything that is wrong
 */
export async function checkedConfig(file: string | undefined, env: Environment): Promise<FleetConfig> {
  const text = file === undefined ? '' : await readIfThere(file);
  if (text === undefined) throw new VsmError('VSM_CONFIG', `there is no ${file}; \`vsmcp init\` writes one`);
  const checked = checkAll(text, env);
  if (checked.ok) return checked.config;
  const name = file === undefined ? 'the environment' : basename(file);
  throw new VsmError('VSM_CONFIG', checked.problems.map((problem) => problemText(problem, name)).join('\n'));
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
