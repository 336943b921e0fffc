import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import { type Document, isCollection, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { inconsistencies } from './consistency.js';
import { type Environment, settingsIn, variableOf } from './environment.js';
import { type Problem, problemsOf } from './problems.js';
import { FleetConfig } from './schema.js';

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
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new VsmError('VSM_CONFIG', `${file} cannot be read: ${reasonOf(error)}. Set VSMCP_CONFIG to where it is`, {
      cause: error,
    });
  }
}

/** @param name the file's name, for messages */
export function parseConfig(text: string, name: string, env: Environment): FleetConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const lineOf = (offset: number) => lines.linePos(offset).line;
  if (document.errors.length > 0) {
    throw failed(document.errors.map((e) => `${name}:${lineOf(e.pos[0])} ${e.message.split('\n')[0] ?? ''}`));
  }

  const overriding = settingsIn(env);
  const input = merged(document.toJS() ?? {}, overriding);
  const describe = (problems: readonly Problem[]) =>
    problems
      .map(({ path, message }) => {
        const [top, setting] = path.map(String);
        const variable = top === 'settings' && setting !== undefined && setting in overriding && variableOf(setting);
        if (variable) return { line: 0, text: `${variable}: ${message}` };
        const line = lineOf(offsetOf(document, path));
        return { line, text: `${name}:${line} ${path.map(String).join('.') || 'the file'}: ${message}` };
      })
      .sort((a, b) => a.line - b.line)
      .map(({ text }) => text);

  const parsed = FleetConfig.safeParse(input);
  if (!parsed.success) throw failed(describe(problemsOf(parsed.error.issues, input, FleetConfig)));
  const problems = inconsistencies(parsed.data);
  if (problems.length > 0) throw failed(describe(problems));
  return parsed.data;
}

function failed(problems: readonly string[]): VsmError {
  return new VsmError('VSM_CONFIG', problems.join('\n'));
}

/** The file's content with the environment's settings over its own. What is no mapping is left for the schema to refuse. */
function merged(input: unknown, overriding: Record<string, unknown>): unknown {
  if (Object.keys(overriding).length === 0 || !isObject(input)) return input;
  const settings = input.settings ?? {};
  return isObject(settings) ? { ...input, settings: { ...settings, ...overriding } } : input;
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
