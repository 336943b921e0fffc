import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { type Npm, openNpm } from '@vsmcp/mcp';
import { checkConfig, type Environment, problemText } from '@vsmcp/service';
import { reasonOf, VsmError } from '@vsmcp/vsm';
import type { Around } from './convert.js';
import { readForeign } from './foreign.js';
import { type Addition, insertServers } from './insert.js';
import { pin, specOf } from './pin.js';
import { planImport, variablesOf } from './plan.js';
import type { Variable } from './values.js';

/** The result of an import; `addition` is what it adds to the text. */
export interface Imported {
  added: { name: string; was?: string; npm?: string; url?: string; notes: string[] }[];
  left: { name: string; because: string }[];
  conflicts: { name: string; because: string }[];
  /** To be set where System 1 runs. */
  variables: (Variable & { servers: string[] })[];
  addition: Addition;
  /** The configuration with the addition. */
  text: string;
}

/**
 * Makes servers of a fleet out of another client's.
 * @param from the other client's file, and its text
 * @param into vsmcp.yaml, an absolute path, and its text; empty where there is none yet
 * @throws VSM_CONFIG when either cannot be read, or the result would not be right
 */
export async function importServers(
  from: { file: string; text: string },
  into: { file: string; text: string },
  env: Environment,
): Promise<Imported> {
  const before = mustBeRight(into, 'correct it first: vsmcp validate', env);
  const plan = planImport(readForeign(from.text, basename(from.file)), new Set(Object.keys(before.servers)), {
    places: { workspace: workspaceOf(from.file), home: homedir() },
    place: placeIn(workspaceOf(from.file)),
  });
  const launches = plan.ready.flatMap(({ converted }) => converted.launch ?? []);
  const pins = await pin(launches, npmOrWhy());

  const servers: Addition['servers'] = {};
  const left = [...plan.left];
  const added: Imported['added'] = [];
  const ready = plan.ready.filter(({ name, was = name, written, converted }) => {
    const { launch, entry, notes } = converted;
    const pinned = launch === undefined ? undefined : pins.get(specOf(launch));
    if (pinned !== undefined && 'because' in pinned) {
      left.push({ name: was, because: pinned.because, written });
      return false;
    }
    const wrong = problemOf(name, { ...pinned, ...entry }, env);
    if (wrong !== undefined) {
      left.push({ name: was, because: wrong, written });
      return false;
    }
    servers[name] = { ...pinned, ...entry };
    const { url } = entry;
    added.push({ name, ...(was !== name && { was }), ...pinned, ...(url !== undefined && { url }), notes });
    return true;
  });
  // what an earlier import kept as a comment is there already
  const kept = left.filter(({ name }) => !into.text.includes(`# ${name}: not supported`));
  const addition = { servers, left: kept };
  const nothing = added.length === 0 && kept.length === 0;
  const text = nothing ? into.text : insertServers(into.text, addition);
  mustBeRight({ file: into.file, text }, 'nothing is written', env);
  return {
    added,
    left: left.map(({ name, because }) => ({ name, because })),
    conflicts: plan.conflicts,
    variables: variablesOf(ready),
    addition,
    text,
  };
}

function mustBeRight({ file, text }: { file: string; text: string }, mend: string, env: Environment) {
  const checked = checkConfig(text, env);
  if (checked.ok) return checked.config;
  const problems = checked.problems.map((problem) => problemText(problem, basename(file)));
  throw new VsmError('VSM_CONFIG', `${problems.join('\n')}\n${mend}`);
}

/** Problems of one entry alone: a bad one spoils nothing but itself. */
function problemOf(name: string, entry: object, env: Environment): string | undefined {
  const checked = checkConfig(insertServers('name: import\n', { servers: { [name]: entry }, left: [] }), env);
  if (checked.ok) return undefined;
  return checked.problems.map((problem) => problemText(problem, 'it').replaceAll('\n', ' ')).join('; ');
}

function npmOrWhy(): Npm | { because: string } {
  try {
    return openNpm();
  } catch (error) {
    return { because: reasonOf(error) };
  }
}

/** The folder that the other client calls its workspace: `.vscode/mcp.json` and the like lie inside it. */
function workspaceOf(file: string): string {
  const folder = dirname(resolve(file));
  return basename(folder).startsWith('.') ? dirname(folder) : folder;
}

function placeIn(workspace: string): Around['place'] {
  return (text, cwd) => {
    if (!isAbsolute(text) && !/^(~|\.{1,2})(\/|$)/.test(text)) return undefined;
    const path = text.startsWith('~') ? join(homedir(), text.slice(1)) : resolve(workspace, cwd ?? '.', text);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return { path, kind: 'folder' };
    return found?.isFile() ? { path, kind: 'file' } : undefined;
  };
}
