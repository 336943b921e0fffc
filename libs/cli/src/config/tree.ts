import { realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { type ConfigProblem, type Environment, type FleetConfig, type Problem, problemText } from '@vsmcp/service';
import { pathBelow, VsmError } from '@vsmcp/vsm';
import { checkAll } from './check.js';
import { readIfThere } from './file.js';

/** A fleet's configuration, and those of the fleets that run with it because a unit names their file. */
export interface FleetTree {
  /** The configuration as it was written, and its file, where it is in one. */
  text: string;
  file: string | undefined;
  config: FleetConfig;
  /** The folder that relative paths of the configuration start from. */
  home: string;
  below: readonly (FleetTree & { unit: string; port: number | undefined })[];
}

/** A problem and the file it is in, as a person would name it. */
export type TreeProblem = ConfigProblem & { file: string };
export type CheckedTree = { ok: true; tree: FleetTree } | { ok: false; problems: TreeProblem[] };

/** A file on the way down: its real path, and the name that it goes by. */
interface Step {
  real: string;
  shown: string;
}

/**
 * Reads a configuration and all that it includes, and finds all that is wrong.
 * @param file undefined for a fleet with defaults and the environment alone
 * @throws VSM_CONFIG when the file itself is not there
 */
export async function checkTree(file: string | undefined, env: Environment): Promise<CheckedTree> {
  const text = file === undefined ? '' : await readIfThere(file);
  if (text === undefined) throw new VsmError('VSM_CONFIG', `there is no ${file}; \`vsmcp init\` writes one`);
  const shown = file === undefined ? 'the environment' : basename(file);
  const real = file === undefined ? '' : await realpath(file);
  return look(text, { file, env, way: [{ real, shown }], depth: undefined });
}

/**
 * The configurations that a fleet is about to run with. What is wrong in them is told here, once, and not by the
 * services as they fail.
 * @throws VSM_CONFIG with everything that is wrong
 */
export async function checkedTree(file: string | undefined, env: Environment): Promise<FleetTree> {
  const checked = await checkTree(file, env);
  if (checked.ok) return checked.tree;
  throw new VsmError('VSM_CONFIG', checked.problems.map((problem) => problemText(problem, problem.file)).join('\n'));
}

/** All fleets of the tree, the innermost first. */
export function* everyFleet(tree: FleetTree): Generator<FleetTree> {
  for (const each of tree.below) yield* everyFleet(each);
  yield tree;
}

interface Place {
  file: string | undefined;
  env: Environment;
  /** From the outermost file to this one. */
  way: readonly Step[];
  path?: string;
  /** The outermost fleet's `recursion_depth`. */
  depth: number | undefined;
}

async function look(text: string, place: Place): Promise<CheckedTree> {
  const { file, env, way, path } = place;
  const shown = way.at(-1)?.shown ?? '';
  const inFile = (problems: readonly ConfigProblem[]) => problems.map((problem) => ({ ...problem, file: shown }));
  const checked = checkAll(text, env, path);
  if (!checked.ok) return { ok: false, problems: inFile(checked.problems) };
  const depth = place.depth ?? checked.config.settings.recursion_depth;
  const config = { ...checked.config, settings: { ...checked.config.settings, recursion_depth: depth } };
  const home = file === undefined ? process.cwd() : dirname(file);
  const below: (FleetTree & { unit: string; port: number | undefined })[] = [];
  const problems: TreeProblem[] = [];
  for (const [unit, { system, gateway }] of Object.entries(config.units)) {
    if (typeof system !== 'string') continue;
    const wrong = (message: string) => {
      const problem: Problem = { path: ['units', unit, 'system'], message };
      problems.push(...inFile(checked.problemsAt([problem])));
    };
    const included = resolve(home, system);
    const content = await readIfThere(included);
    if (content === undefined) {
      wrong(`got ${system}, expected a file that is there`);
      continue;
    }
    const next = { real: await realpath(included), shown: basename(included) };
    const round = [...way, next].map((step) => step.shown).join(' → ');
    if (way.some(({ real }) => real === next.real)) {
      wrong(`got ${system}, which is above it (${round}), expected another file: a fleet is no unit of itself`);
      continue;
    }
    if (way.length >= depth) {
      wrong(
        `got level ${way.length + 1} (${round}), expected at most ${depth}: settings.recursion_depth of ${way[0]?.shown}`,
      );
      continue;
    }
    const inner = { file: included, env, way: [...way, next], path: pathBelow(config.path, unit), depth };
    const found = await look(content, inner);
    if (found.ok) below.push({ ...found.tree, unit, port: gateway });
    else problems.push(...found.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, tree: { text, file, config, home, below } };
}
