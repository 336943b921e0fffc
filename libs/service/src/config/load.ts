import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { readText, reasonOf, VsmError } from '@vsmcp/vsm';
import { type Document, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { inconsistencies } from './consistency.js';
import { type Environment, settingsIn, usualSettings, variableOf } from './environment.js';
import { at, type Problem, problemsOf } from './problems.js';
import { FleetConfig, type Settings } from './schema.js';
import { type SyntaxProblem, syntaxProblems, valuesOf } from './syntax.js';

/**
 * Reads vsmcp.yaml, with the settings that the environment overrides.
 * @param file its path; undefined for a fleet with defaults and environment alone
 * @throws VSM_CONFIG listing everything that is wrong, each with its line, what was got and what was expected
 */
export async function loadConfig(file: string | undefined, env: Environment): Promise<FleetConfig> {
  const name = file === undefined ? 'the environment' : basename(file);
  return parseConfig(file === undefined ? '' : await read(file), name, env);
}

async function read(file: string): Promise<string> {
  try {
    return readText(await readFile(file));
  } catch (error) {
    throw new VsmError('VSM_CONFIG', `${file} cannot be read: ${reasonOf(error)}. Set VSMCP_CONFIG to where it is`, {
      cause: error,
    });
  }
}

/** One thing that is wrong with a configuration, and where. */
export interface ConfigProblem {
  /** From 1; 0 for what the environment says. */
  line: number;
  /** `units.desk.responses`, a variable's name for what the environment says, or empty. */
  at: string;
  message: string;
}

export type CheckedConfig =
  | { ok: true; config: FleetConfig; problemsAt(problems: readonly Problem[]): ConfigProblem[] }
  | { ok: false; problems: ConfigProblem[] };

/** @param name the file's name, for messages */
export function parseConfig(text: string, name: string, env: Environment): FleetConfig {
  const checked = checkConfig(text, env);
  if (checked.ok) return checked.config;
  throw new VsmError('VSM_CONFIG', checked.problems.map((problem) => problemText(problem, name)).join('\n'));
}

/** @param name of the file */
export function problemText({ line, at, message }: ConfigProblem, name: string): string {
  return line === 0 ? `${at}: ${message}` : `${name}:${line} ${at && `${at}: `}${message}`;
}

/**
 * Reads a configuration and finds all that is wrong, in the order of the file.
 * @param path of a fleet that is a unit of another, which decides it
 */
export function checkConfig(text: string, env: Environment, path?: string): CheckedConfig {
  const lines = new LineCounter();
  // whose own search for keys that are there twice compares each with all others: seconds for 10,000 units
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  const broken = (problems: readonly SyntaxProblem[]): CheckedConfig => ({
    ok: false,
    problems: problems.map(({ offset, message }) => ({ line: lineOf(offset), at: '', message })),
  });
  const wrong = syntaxProblems(document, text);
  if (wrong.length > 0) return broken(wrong);
  const values = valuesOf(document);
  if ('message' in values) return broken([values]);

  const overriding = settingsIn(env);
  const input = placed(merged(values.input ?? {}, usualSettings(env), overriding), path);
  const problemsAt = (problems: readonly Problem[]): ConfigProblem[] =>
    problems
      .map(({ path, message }) => {
        const [top, setting] = path.map(String);
        const variable = top === 'settings' && setting !== undefined && setting in overriding && variableOf(setting);
        if (variable) return { line: 0, at: variable, message };
        return {
          line: lineOf(offsetOf(document, path)),
          at: path.map(String).join('.') || 'the file',
          message,
        };
      })
      .sort((a, b) => a.line - b.line);

  const said = isObject(values.input) ? values.input.path : undefined;
  if (path !== undefined && said !== undefined && said !== path) {
    const message = `got '${said}', expected '${path}' or none: it is the path of the fleet above and the name of its unit`;
    return { ok: false, problems: problemsAt([{ path: ['path'], message }]) };
  }
  const parsed = FleetConfig.safeParse(input);
  if (!parsed.success) {
    const problems = problemsOf(parsed.error.issues, input, FleetConfig);
    return { ok: false, problems: problemsAt([...problems, ...inconsistentRest(input, problems)]) };
  }
  const problems = inconsistencies(parsed.data);
  if (problems.length > 0) return { ok: false, problems: problemsAt(problems) };
  return { ok: true, config: parsed.data, problemsAt };
}

/**
 * The inconsistencies in the part of a file that the schema accepts, so that as much as can be is told at once: what
 * has a problem is taken out first. Where that would take out what others name, nothing more is told.
 */
function inconsistentRest(input: unknown, problems: readonly Problem[]): Problem[] {
  const rest: unknown = structuredClone(input);
  for (const { path } of problems) {
    const holder = at(rest, path.slice(0, -1));
    const key = path.at(-1);
    if (key === undefined || typeof holder !== 'object' || holder === null) continue;
    // what follows in a list would be counted otherwise; a whole server may be named by units
    if (Array.isArray(holder) || (path[0] === 'servers' && path.length < 3)) return [];
    Reflect.deleteProperty(holder, key);
  }
  const parsed = FleetConfig.safeParse(rest);
  return parsed.success ? inconsistencies(parsed.data) : [];
}

/**
 * The file's content with the usual settings of the environment below its own, and what the environment overrides
 * above. What is no mapping is left for the schema to refuse.
 */
function merged(input: unknown, usual: Partial<Settings>, overriding: Record<string, unknown>): unknown {
  const none = Object.keys(overriding).length === 0 && Object.keys(usual).length === 0;
  if (none || !isObject(input)) return input;
  const settings = input.settings ?? {};
  return isObject(settings) ? { ...input, settings: { ...usual, ...settings, ...overriding } } : input;
}

function placed(input: unknown, path: string | undefined): unknown {
  return path !== undefined && isObject(input) ? { ...input, path } : input;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where the thing at `path` begins: its key, or as much of the way to it as there is. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const step of path) {
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (!pair) break;
      if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      if (isNode(node)) offset = node.range?.[0] ?? offset;
    }
  }
  return offset;
}
