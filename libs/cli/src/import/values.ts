import type { ServerValue } from '@vsmcp/vsm';

/** A value that is taken from the environment, and what is known of it. */
export interface Variable {
  name: string;
  /** What to set it to, in words. */
  hint: string;
}

const SECRET_NAME =
  /token|secret|passw|api[_-]?key|access[_-]?key|private[_-]?key|credential|authorization|(^|[_-])(pat|auth|key)$/i;
const SECRET_VALUE =
  /^(gh[pousr]_|github_pat_|glpat-|sk-|xox[abeprs]-|AKIA|AIza|ya29\.|eyJ[\w-]+\.)|^Bearer |:\/\/[^/@\s:]*:[^/@\s]+@/;

export const isSecret = (name: string, value: string): boolean =>
  value !== '' && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));

/** `--api-key`, `brave-search` → `BRAVE_SEARCH_API_KEY` */
export function variableName(...parts: string[]): string {
  const name = parts
    .join('_')
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  return /^[0-9]|^$/.test(name) ? `_${name}` : name;
}

/** `${env:X}`, `${X}`, `${X:-default}`, `${input:x}`, as VS Code, Cursor and Claude have them. */
const REFERENCE = /\$\{(?:(env|input|secret):)?([A-Za-z_][\w.-]*)(?::-([^}]*))?\}/;

/** Folders that clients know by name. */
export interface Places {
  workspace: string;
  home: string;
}

export function withPlaces(text: string, { workspace, home }: Places): string {
  return text.replaceAll(/\$\{workspaceFolder\}/g, workspace).replaceAll(/\$\{userHome\}/g, home);
}

/** True where a text stands for something that only its client knows. */
export const hasReference = (text: string): boolean => REFERENCE.test(text);

/**
 * A value as vsmcp.yaml has it: text as it is; a reference, and what looks like a secret, `from` the environment.
 * @param as the variable that a secret gets, or text that is mixed with a reference: a value is one or the other
 */
export function readValue(
  name: string,
  text: string,
  as: (value: string) => string,
): { value: ServerValue; variable?: Variable } {
  const from = (variable: string, hint: string) => ({ value: { from: variable }, variable: { name: variable, hint } });
  const reference = REFERENCE.exec(text);
  if (reference !== null) {
    const [whole, kind, key = '', otherwise] = reference;
    if (whole !== text) return from(as(text), `all of its ${name}, in which ${whole} stands`);
    const variable = kind === 'input' || kind === 'secret' ? variableName(key) : key.replaceAll(/[^\w]/g, '_');
    return from(
      variable,
      `what ${whole} stands for${otherwise === undefined ? '' : ` (${otherwise}, unless it is set)`}`,
    );
  }
  return isSecret(name, text) ? from(as(text), `its ${name}`) : { value: text };
}
