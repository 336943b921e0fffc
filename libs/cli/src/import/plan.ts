import { word } from '@vsmcp/vsm';
import { type Around, type Converted, convert } from './convert.js';
import type { ForeignServer } from './foreign.js';
import type { Variable } from './values.js';

export interface Ready {
  name: string;
  /** The name there, where it had to be changed. */
  was?: string;
  written: unknown;
  converted: Converted;
}
export interface Left {
  name: string;
  because: string;
  written: unknown;
}

/** The fate of each server of a file. */
export interface Plan {
  ready: Ready[];
  /** Kept as comments. */
  left: Left[];
  /** Names that are taken; these are only told. */
  conflicts: { name: string; because: string }[];
}

/** @param taken names that vsmcp.yaml has already */
export function planImport(
  servers: readonly ForeignServer[],
  taken: ReadonlySet<string>,
  around: Omit<Around, 'variable'>,
): Plan {
  const plan: Plan = { ready: [], left: [], conflicts: [] };
  const names = new Map<string, string>();
  const variable = variables();
  for (const { name: was, written, server } of servers) {
    const name = word(was);
    const other = names.get(name);
    if (taken.has(name)) plan.conflicts.push({ name: was, because: `vsmcp.yaml has a server ${name} already` });
    else if (other !== undefined) plan.conflicts.push({ name: was, because: `${other} gets the same name, ${name}` });
    else {
      const made = 'wrong' in server ? { because: server.wrong } : convert(name, server.read, { ...around, variable });
      if ('because' in made) plan.left.push({ name: was, because: made.because, written });
      else {
        names.set(name, was);
        plan.ready.push({ name, ...(was !== name && { was }), written, converted: made });
      }
    }
  }
  return plan;
}

/**
 * The variable of a secret is named as the server has it, and after the server too where another secret has that name.
 */
function variables(): Around['variable'] {
  const values = new Map<string, string>();
  return (server, name, value) => {
    for (let n = 0; ; n++) {
      const candidate = [name, `${server}_${name}`][n] ?? `${server}_${name}_${n}`;
      const variable = candidate.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
      if ((values.get(variable) ?? value) !== value) continue;
      values.set(variable, value);
      return variable;
    }
  };
}

/** Each variable once. */
export function variablesOf(ready: readonly Ready[]): (Variable & { servers: string[] })[] {
  const found = new Map<string, Variable & { servers: string[] }>();
  for (const { name, converted } of ready) {
    for (const variable of converted.variables) {
      const known = found.get(variable.name);
      if (known === undefined) found.set(variable.name, { ...variable, servers: [name] });
      else if (!known.servers.includes(name)) known.servers.push(name);
    }
  }
  return [...found.values()];
}
